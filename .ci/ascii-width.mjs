// The width of text in a terminal, as tables of the program ask for: ten times for each cell. Nearly all of it is printable
// ASCII, which is as wide as it is long, as is the sign that something was cut off.
const IN_FRONT = `
module.exports = (text) => (typeof text === 'string' && /^[ -~\\u2026]*$/.test(text) ? text.length : stringWidth(text))
`

/** For the bundler: puts a test for such text in front of the package `string-width`. */
export const asciiWidth = {
  name: 'ascii-width',
  transform: {
    filter: { id: /[\\/]node_modules[\\/]string-width[\\/]index\.js$/ },
    handler: (code) => code + IN_FRONT,
  },
}
