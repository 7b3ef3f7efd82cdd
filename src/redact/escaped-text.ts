// Text of records <-> the octets that it shows: records have `\xNN` for what is not printable, and say so where a long line
// was cut.

const ESCAPED = /\\x([0-9a-f]{2})/g
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are the octets that are escaped.
const UNPRINTABLE = /[\x00-\x1f\x7f-\xff]/g
const CUT = /\[\.\.\. \d+ more\]$/

/** Applies to the text of a record what is meant for octets. */
export function octetwise(shown: string, change: (octets: string) => string): string {
  const cut = CUT.exec(shown)?.[0] ?? ''
  const octets = shown
    .slice(0, shown.length - cut.length)
    .replace(ESCAPED, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
  const changed = change(octets).replace(
    UNPRINTABLE,
    (octet) => `\\x${octet.charCodeAt(0).toString(16).padStart(2, '0')}`,
  )
  return changed + cut
}
