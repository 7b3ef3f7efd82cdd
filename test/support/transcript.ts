// The transcript notation -> what each side sent, segment by segment. Described in docs/contributing.md.

export type SideName = 'C' | 'S'

/** One TCP segment as the transcript shows it, before anything is known of sequence numbers. */
export interface Shown {
  readonly side: SideName
  payload: Uint8Array
  /** Nanoseconds since the segment before it. */
  readonly gapNs: number
  /** Sent and acknowledged, but not captured. */
  readonly lost: boolean
  /** Captured after the next segment. */
  readonly late: boolean
  /** Retransmitted: an identical copy follows. */
  readonly again: boolean
  readonly unheard: boolean
  /** Does not acknowledge what is shown above. */
  readonly blind: boolean
  /** Its receive window is closed. */
  readonly closed: boolean
  /** It arrives with another hop limit than the rest of its side. */
  readonly far: boolean
  readonly fin: boolean
  /** `active`: with the ACK flag. `bare`: without. */
  readonly rst: 'none' | 'active' | 'bare'
}

export interface Transcript {
  readonly shown: readonly Shown[]
  readonly client: string
  readonly server: string
  /** Microseconds since the Unix epoch. */
  readonly startUs: number
  readonly handshake: boolean
  /** Nanoseconds from SYN to SYN-ACK, and from there to the ACK. */
  readonly roundTrip: readonly [number, number]
  readonly close: boolean
  /** Who closes first; if absent, the side that says so in the clear. */
  readonly closer?: SideName
}

export interface Case {
  readonly title: string
  readonly transcript: Transcript
  /** One line a finding of severity warning or above, as in the file. */
  readonly findings: readonly string[]
  /** Whether the network did something: such a case is not replayed in other shapes. */
  readonly disturbed: boolean
}

const OPTIONS = new Set([
  'client',
  'server',
  'server-port',
  'start',
  'round-trip',
  'no-greeting',
  'no-handshake',
  'no-close',
])
const DEFAULT_GAP_NS = 1_000_000
const PREAMBLE = `
S> 220 mail.example.net ESMTP
C> EHLO client.example.com
S> 250-mail.example.net
S| 250 PIPELINING`

/** Reads one block of the notation; `options` are the lines of an options block. */
export function parseTranscript(text: string, options: readonly string[] = []): Transcript {
  const lines = text
    .split('\n')
    .map((line) => line.trimStart())
    .filter((line) => line.trim() !== '' && !line.startsWith('#'))
  const option = readOptions(options)
  const greets = /^(?:S|C> (?:\[[^\]]*\] ?)*(?:EHLO|HELO|LHLO|PROXY))/.test(lines[0] ?? '')
  const own = greets || option.has('no-greeting') || option.has('no-handshake')
  const shown: Shown[] = []
  for (const line of [...(own ? [] : PREAMBLE.trim().split('\n')), ...lines]) readLine(line, shown)
  return {
    shown,
    client: option.get('client') ?? '192.0.2.1:49152',
    server: option.get('server') ?? `203.0.113.25:${option.get('server-port') ?? '25'}`,
    startUs: Date.parse(option.get('start') ?? '2010-11-28T07:47:08Z') * 1000,
    handshake: !option.has('no-handshake'),
    roundTrip: roundTripIn(option.get('round-trip') ?? '500us 500us'),
    close: !option.has('no-close'),
  }
}

/** `120ms 1ms`: from the capture point to the server and back, then to the client and back. */
function roundTripIn(value: string): readonly [number, number] {
  const [toServer, toClient] = value.split(' ')
  return [duration(`+${toServer}`), duration(`+${toClient}`)]
}

function readOptions(lines: readonly string[]): ReadonlyMap<string, string> {
  return new Map(
    lines.map((line) => {
      const [name = '', ...value] = line.trim().split(' ')
      if (!OPTIONS.has(name)) throw new Error(`not an option of a transcript: ${line}`)
      return [name, value.join(' ')]
    }),
  )
}

/** Reads the cases of a Markdown file. A case without an smtp block or a findings block is a mistake. */
export function parseCases(markdown: string): Case[] {
  const sections = markdown.split(/^## /m).slice(1)
  return sections.map((section) => {
    const title = section.split('\n')[0] ?? ''
    const rows = (name: string) => blockOf(section, name)?.filter((line) => line.trim() !== '')
    const text = blockOf(section, 'smtp')?.join('\n')
    const findings = rows('findings')
    if (text === undefined || findings === undefined) throw new Error(`a block is missing in the case "${title}"`)
    return {
      title,
      transcript: parseTranscript(text, rows('options')),
      findings,
      disturbed: /\[(?:lost|late|again|unheard)\]/.test(text),
    }
  })
}

/** The lines of a fenced block. */
function blockOf(section: string, name: string): string[] | undefined {
  return new RegExp(`^\`\`\`${name}\\n([\\s\\S]*?)^\`\`\``, 'm').exec(section)?.[1]?.split('\n')
}

const LINE = /^([CS])([>|]) ?((?:\[[^\]]+\] ?)*)(.*)$/
const TAG = /^(?:lost|late|again|unheard|blind|closed|far|fin|rst|rst-|\+[\d.]+(?:us|ms|s))$/

function readLine(line: string, shown: Shown[]): void {
  const [, side, mark, bracketed = '', text = ''] = LINE.exec(line) ?? []
  if (side === undefined) throw new Error(`not a line of a transcript: ${line}`)
  const words = [...bracketed.matchAll(/\[([^\]]+)\]/g)].map((match) => match[1] ?? '')
  const strange = words.find((word) => !TAG.test(word))
  // Text that begins with a bracket is written with \x5b, so that a misspelt tag is never taken for text.
  if (strange !== undefined) throw new Error(`not a tag: [${strange}] in ${line}`)
  const tags = new Set(words)
  const last = shown[shown.length - 1]
  const joins = mark === '|' && last?.side === side
  if (joins && tags.size > 0) throw new Error(`tags belong to the first line of a segment: ${line}`)
  const gap = words.find((tag) => tag.startsWith('+'))
  const closes = tags.has('fin') || tags.has('rst') || tags.has('rst-')
  const make = (payload: Uint8Array, gapNs: number, isLast: boolean): Shown => ({
    side: side as SideName,
    payload,
    gapNs,
    lost: tags.has('lost'),
    late: tags.has('late'),
    again: tags.has('again'),
    unheard: tags.has('unheard'),
    blind: tags.has('blind'),
    closed: tags.has('closed'),
    far: tags.has('far'),
    fin: isLast && tags.has('fin'),
    rst: isLast && tags.has('rst') ? 'active' : isLast && tags.has('rst-') ? 'bare' : 'none',
  })
  if (text === '' && closes) {
    shown.push(make(new Uint8Array(0), duration(gap), true))
    return
  }
  const pieces = text.split('<|>')
  const full = pieces.map((piece, i) => {
    const cut = pieces.length > 1 && (i < pieces.length - 1 || piece === '')
    return octets(piece, !cut && !/(?:<(?:LF|CR|CRLF|nothing)>|\{\d+ bytes\})$/.test(piece))
  })
  const lastFull = full.findLastIndex((bytes) => bytes.length > 0)
  for (const [i, bytes] of full.entries()) {
    if (i === 0 && joins) last.payload = join(last.payload, bytes)
    else if (bytes.length > 0) shown.push(make(bytes, i === 0 ? duration(gap) : DEFAULT_GAP_NS, i === lastFull))
  }
}

function duration(tag: string | undefined): number {
  const [, amount, unit] = /^\+([\d.]+)(us|ms|s)$/.exec(tag ?? '') ?? []
  if (amount === undefined) return DEFAULT_GAP_NS
  return Number(amount) * (unit === 's' ? 1e9 : unit === 'ms' ? 1e6 : 1e3)
}

/** `<CR>`, `<LF>`, `<CRLF>`, `\xNN` and `{N bytes}` of mail text; everything else stands for itself. */
function octets(text: string, crlf: boolean): Uint8Array {
  const plain = text
    .replace(/\{(\d+) bytes\}/g, (_, n) => mailText(Number(n)))
    .replaceAll('<CRLF>', '\r\n')
    .replaceAll('<CR>', '\r')
    .replaceAll('<LF>', '\n')
    .replaceAll('<nothing>', '')
    .replace(/\\x([0-9a-f]{2})/gi, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16)))
  return Uint8Array.from(crlf ? `${plain}\r\n` : plain, (character) => character.charCodeAt(0))
}

/** Exactly `size` octets of message text, in lines of at most 76 that end in CRLF. */
export function mailText(size: number): string {
  if (size < 2) throw new Error(`${size} bytes are no line`)
  const line = 'The quick brown fox jumps over the lazy dog, and the lazy dog does not mind.'
  let text = ''
  while (size - text.length > 80) text += `${line}\r\n`
  return `${text}${'-'.repeat(size - text.length - 2)}\r\n`
}

export function join(a: Uint8Array, b: Uint8Array): Uint8Array {
  const joined = new Uint8Array(a.length + b.length)
  joined.set(a)
  joined.set(b, a.length)
  return joined
}
