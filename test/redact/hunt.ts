// A capture and all that is said of it redacted -> the tokens of the original that can still be found. The hunt knows
// nothing of SMTP: every run of name-like octets in a TCP payload is a token, unless it consists of words that are kept.
import { readFileSync } from 'node:fs'
import { isIPv4 } from 'node:net'
import { type Analysis, analyze } from '../../src/analyze.ts'
import { CaptureReader } from '../../src/capture/reader.ts'
import { type ByteSource, fromIterable, openFile } from '../../src/capture/source.ts'
import { formatAddress } from '../../src/decode/address.ts'
import { Decoded, SegmentDecoder } from '../../src/decode/decode.ts'
import type { SegmentView } from '../../src/decode/segment.ts'
import { ALLOWED_WORDS } from '../../src/redact/allow-list.ts'
import { Redaction } from '../../src/redact/redaction.ts'
import { renderTable } from '../../src/report/check-table.ts'
import { PLAIN } from '../../src/report/format-text.ts'
import { jsonDocument } from '../../src/report/json.ts'
import { renderTranscript } from '../../src/report/transcript.ts'
import { renderTriage, triageCsv, triageDocument } from '../../src/report/triage-formats.ts'
import { RULES } from '../../src/rules/index.ts'
import { Triage } from '../../src/triage/triage.ts'
import { withEvidence } from '../evidence/support.ts'
import { invoke } from '../support/invoke.ts'

/** Shorter ones stand in any text by chance. */
const TOKEN = /[A-Za-z0-9][A-Za-z0-9._+=@~-]{4,}[A-Za-z0-9]/g
/** What stand-ins are made of, and the names of fields that every document has. */
const STAND_IN = /^(?:(?:host|user|h|u|t)?[0-9]*|example|test|zz|x+|report|numbers|software)$/

interface Original {
  readonly tokens: ReadonlySet<string>
  readonly addresses: ReadonlySet<string>
}

/** Reports show how a rule is kept. */
const EXAMPLES = RULES.map(({ conforms }) => conforms.toLowerCase()).join('\n')
/** The ranges that stand-ins are taken from, and captures of tests, too. */
const DOCUMENTATION = /^(?:192\.0\.2|198\.51\.100|203\.0\.113)\.|^2001:db8:/

/** Which tokens of the original are in some output; `sizes` tells how many were looked for and in how much. */
export async function hunt(path: string): Promise<{ readonly found: readonly string[]; readonly tokens: number }> {
  const { tokens, addresses } = await originalOf(path)
  const redaction = new Redaction()
  const texts = await outputsOf(path, redaction)
  const evidence = await withEvidence(path, { redaction }, (file, made) =>
    made.findings === 0 ? '' : readFileSync(file).toString('latin1'),
  )
  const haystack = [...texts, evidence].join('\n')
  const lower = haystack.toLowerCase()
  const found = [...tokens].filter((token) => spellings(token).some((spelling) => lower.includes(spelling)))
  const encoded = [...tokens].filter((token) => inBase64(token).some((part) => haystack.includes(part)))
  const inHeaders = evidence === '' ? new Set<string>() : await addressesOfBytes(Buffer.from(evidence, 'latin1'))
  const seen = [...addresses].filter((address) => {
    // Captures of tests use the very ranges that stand-ins are taken from.
    if (redaction.names.addresses.isStandIn(address)) return false
    return inHeaders.has(address) || new RegExp(`(?<![\\d.])${address.replaceAll('.', '\\.')}(?![\\d.])`).test(haystack)
  })
  const reported = await inReports(path, { tokens, addresses })
  return { found: [...found, ...encoded, ...seen, ...reported], tokens: tokens.size + addresses.size }
}

/** The command has a redaction of its own: what it took for a stand-in is not known here. */
async function inReports(path: string, { tokens, addresses }: Original): Promise<readonly string[]> {
  const formats = ['md', 'text', 'html']
  const reports = await Promise.all(formats.map((format) => invoke('report', '--redact', '--format', format, path)))
  const text = reports.map(({ printed }) => printed.toLowerCase()).join('\n')
  const named = [...addresses].filter((address) => !DOCUMENTATION.test(address))
  return [...tokens, ...named].filter((token) => text.includes(token) && !EXAMPLES.includes(token))
}

function spellings(token: string): string[] {
  const reversed = token.split('.').reverse().join('.')
  return [token, reversed, Buffer.from(token).toString('hex')]
}

/** The part of its base64 that does not depend on its neighbours, for each of the three ways to stand among them. */
function inBase64(token: string): string[] {
  if (token.length < 8) return []
  return [0, 1, 2].map((shift) => {
    const whole = Buffer.from(' '.repeat(shift) + token).toString('base64')
    return whole.slice(shift === 0 ? 0 : 4, whole.length - 4)
  })
}

async function addressesOfBytes(bytes: Uint8Array): Promise<ReadonlySet<string>> {
  const addresses = new Set<string>()
  await eachSegment(fromIterable('evidence', whole(bytes)), (segment) => addAddresses(segment, addresses))
  return addresses
}

async function* whole(bytes: Uint8Array): AsyncIterable<Uint8Array> {
  yield bytes
}

function addAddresses({ bytes, sourceAt, targetAt, addressLength }: SegmentView, addresses: Set<string>): void {
  for (const at of [sourceAt, targetAt]) addresses.add(formatAddress(bytes.slice(at, at + addressLength)))
}

async function originalOf(path: string): Promise<Original> {
  const tokens = new Set<string>()
  const addresses = new Set<string>()
  await eachSegment(await openFile(path), (segment) => {
    const { bytes, offset, length } = segment
    addAddresses(segment, addresses)
    const payload = Buffer.from(bytes.subarray(offset, offset + length)).toString('latin1')
    for (const { 0: token, index } of payload.matchAll(TOKEN)) {
      // A packet may begin or end inside a word that is kept, and sizes are kept.
      if (index === 0 || index + token.length === payload.length) continue
      if (/\bSIZE[ =]$/i.test(payload.slice(Math.max(0, index - 6), index))) continue
      const lower = token.toLowerCase().replace(/^\d{3}-/, '')
      if (isIPv4(lower)) addresses.add(lower)
      else if (!isKept(lower)) tokens.add(lower)
    }
  })
  return { tokens, addresses }
}

async function eachSegment(source: ByteSource, visit: (segment: SegmentView) => void): Promise<void> {
  const decoder = new SegmentDecoder()
  const reader = await CaptureReader.open(source)
  do {
    while (reader.next()) if (decoder.decode(reader.packet) === Decoded.SEGMENT) visit(decoder.segment)
  } while (await reader.refill().catch(() => false))
  await source.close()
}

function isKept(token: string): boolean {
  if (/^[\d.:+-]*$/.test(token)) return token.replace(/\D/g, '').length < 6
  return (
    token.split(/[^a-z0-9_]+/).every((part) => ALLOWED_WORDS.has(part) || STAND_IN.test(part) || part.length < 4) ||
    token.split(/[^a-z0-9_-]+/).every((part) => ALLOWED_WORDS.has(part) || STAND_IN.test(part))
  )
}

async function outputsOf(path: string, redaction: Redaction): Promise<string[]> {
  const transcripts: string[] = []
  const triages = (['server', 'client', 'rule', 'hour'] as const).map((by) => new Triage(by))
  const shape = { width: 10_000, style: PLAIN }
  const analysis: Analysis = await analyze([path], {
    dialogues: true,
    shapes: true,
    onSession: (session) => {
      transcripts.push(renderTranscript(redaction.session(session), { ...shape, frames: true }))
      for (const triage of triages) triage.add(redaction.session(session))
    },
  })
  const shown = redaction.analysis(analysis)
  return [
    ...transcripts,
    ...triages.flatMap((triage) => [
      [...triageDocument(triage.result(), shown, '1.0.0')].join(''),
      [...triageCsv(triage.result())].join(''),
      renderTriage(triage.result(), shown, { ...shape, all: true }),
    ]),
    [...jsonDocument(shown, '1.0.0')].join(''),
    renderTable(shown, { ...shape, all: true, explain: false }),
  ]
}
