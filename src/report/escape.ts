// Escapes untrusted text (a line from the wire, the name of a file) for the place where it is printed. One function for
// each target. Records of sessions are printable ASCII already; names of files may contain anything.

/**
 * Controls, what reorders or hides text (Unicode Cf: bidirectional overrides, zero width, tags), line and paragraph
 * separators, halves of surrogate pairs, and the two code points that XML has no place for.
 */
const HARMFUL = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\ufffe\uffff]/gu
const HARMFUL_BUT_LINE_FEED = /(?!\n)[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\ufffe\uffff]/gu

/** Shows a control character as `\u{1b}`. */
const visible = (character: string) => `\\u{${(character.codePointAt(0) as number).toString(16)}}`

/** For a terminal, and for one line of plain text anywhere. */
export function terminal(text: string): string {
  return text.replace(HARMFUL, visible)
}

/** For JSON text that is whole already: the same characters as its own escapes; the line feeds between tokens stay. */
export function json(text: string): string {
  return text.replace(HARMFUL_BUT_LINE_FEED, (character) => {
    let units = ''
    for (let i = 0; i < character.length; i++) {
      units += `\\u${character.charCodeAt(i).toString(16).padStart(4, '0')}`
    }
    return units
  })
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
  '`': '&#96;',
}

const entity = (character: string) => ENTITIES[character] as string

/** For the text of an HTML element, and for a quoted attribute. Not for scripts, styles and addresses of links. */
export function html(text: string): string {
  return terminal(text).replace(/[&<>"'`]/g, entity)
}

/** For the text of an XML element, and for a quoted attribute; in no CDATA section. */
export function xml(text: string): string {
  return terminal(text).replace(/[&<>"']/g, entity)
}

/** For a message of SARIF 2.1.0: no embedded link (section 3.11.6), no placeholder (3.11.5). */
export function sarif(text: string): string {
  return terminal(text)
    .replace(/[[\]\\]/g, '\\$&')
    .replace(/[{}]/g, '$&$&')
}

/**
 * For prose and table cells of Markdown (CommonMark and GitHub's): no markup, no HTML, no link, no mention.
 * Use `markdownCode` for text that must be shown byte for byte.
 */
export function markdown(text: string): string {
  return markdownWithin(text)
    .replace(/^[-+=]/, '\\$&')
    .replace(/^\d+(?=[.)])/, '$&\\')
    .replace(/^ /, '&#32;')
}

/** The same for text that does not begin its line: behind other words, in a cell, in a heading. */
export function markdownWithin(text: string): string {
  return terminal(text)
    .replace(/[\\`*_[\]~$#]/g, '\\$&')
    .replace(/[&<>]/g, entity)
    .replaceAll('|', '&#124;')
    .replaceAll('://', ':\\//')
    .replace(/\b(www)\./gi, '$1\\.')
    .replaceAll('@', '@&#8203;')
}

/** A code span of Markdown. In a table cell a `|` would still end the cell. */
export function markdownCode(text: string): string {
  const marks = '`'.repeat(longestRun(text) + 1)
  return `${marks} ${terminal(text)} ${marks}`
}

/** A code block of Markdown, the lines as they are. */
export function markdownBlock(text: string, language: string): string {
  const marks = '`'.repeat(Math.max(3, longestRun(text) + 1))
  return `${marks}${language}\n${text.split('\n').map(terminal).join('\n')}\n${marks}`
}

function longestRun(text: string): number {
  return Math.max(0, ...(text.match(/`+/g) ?? []).map((run) => run.length))
}

/** Text that a spreadsheet takes for a formula. Full-width forms of the signs count too. */
const FORMULA = /^\s*[=+\-@\uff1d\uff0b\uff0d\uff20]/

/** One cell of CSV (RFC 4180). A formula gets an apostrophe in front, which spreadsheets take for "this is text". */
export function csv(text: string): string {
  const safe = terminal(text)
  const cell = FORMULA.test(safe) ? `'${safe}` : safe
  return /[",;']|^\s|\s$/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell
}

/** A string of Lua. Everything but printable ASCII becomes the escapes of its UTF-8 bytes, which no digit can continue. */
export function lua(text: string): string {
  let literal = '"'
  for (const octet of UTF8.encode(text)) {
    const isPlain = octet >= 0x20 && octet < 0x7f && octet !== 0x22 && octet !== 0x5c
    literal += isPlain ? String.fromCharCode(octet) : `\\${String(octet).padStart(3, '0')}`
  }
  return `${literal}"`
}

const UTF8 = new TextEncoder()
