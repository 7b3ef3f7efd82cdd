// The bytes of a capture -> what is wrong with the program, if anything: it threw, it said two things of the same
// bytes, it let something of the wire through, it took too long.
import { isDeepStrictEqual } from 'node:util'
import { type Analysis, analyze, type SessionReport } from '../../src/analyze.ts'
import { renderTable } from '../../src/report/check-table.ts'
import { PLAIN } from '../../src/report/format-text.ts'
import { jsonDocument } from '../../src/report/json.ts'
import { renderTranscript } from '../../src/report/transcript.ts'
import { analyzeInBatches } from '../support/batches.ts'
import { analyzeSharesHere, fileOf } from '../support/shares.ts'

export interface Failure {
  readonly kind: 'crash' | 'internal-error' | 'undetermined' | 'inconsistent' | 'raw-output' | 'slow'
  readonly what: string
}

/** What a judgement may cost: far more than it does, and less than anybody would wait. */
const SLOW_MS = 1500
const SLOW_MS_PER_MB = 4000
/** Batches of an input: each costs more than the packets in it. */
const BATCHES = 4
const BATCH_PACKETS_MAX = 4096
const SHARES = 2
const SHAPE = { width: 80, style: PLAIN, all: true, explain: true, frames: true }

/** Judges once, as `check` does. */
export function judge(file: Uint8Array, onInternalError = thrown): Promise<Analysis> {
  return analyze([{ name: 'fuzz', bytes: whole(file) }], { onInternalError })
}

/** Null when all is well. */
export async function examine(file: Uint8Array): Promise<Failure | null> {
  try {
    const start = spentMs()
    const analysis = await judge(file)
    const spent = spentMs() - start
    if (spent > allowedMs(file)) {
      const again = await timed(file)
      if (again > allowedMs(file)) return { kind: 'slow', what: `${Math.round(again)} ms for ${file.length} bytes` }
    }
    return (await compare(file, analysis)) ?? sums(analysis) ?? render(analysis)
  } catch (error) {
    const isOurs = error instanceof InternalError
    const cause = isOurs ? error.cause : error
    const what = cause instanceof Error ? (cause.stack ?? cause.message) : String(cause)
    return { kind: isOurs ? 'internal-error' : 'crash', what }
  }
}

export function allowedMs(file: Uint8Array): number {
  return SLOW_MS + (SLOW_MS_PER_MB * file.length) / 1e6
}

class InternalError extends Error {}

function thrown(cause: unknown): never {
  throw new InternalError('a defect was reported', { cause })
}

async function* whole(file: Uint8Array): AsyncIterable<Uint8Array> {
  yield file
}

async function timed(file: Uint8Array): Promise<number> {
  const start = spentMs()
  await judge(file)
  return spentMs() - start
}

/** Of the processor, not of the clock: a busy machine makes nothing slow. */
function spentMs(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}

/** The same bytes, in two pieces and with every dialogue kept, in batches, and in shares: the same analysis. */
async function compare(file: Uint8Array, analysis: Analysis): Promise<Failure | null> {
  async function* halves(): AsyncIterable<Uint8Array> {
    yield file.subarray(0, file.length >> 1)
    yield file.subarray(file.length >> 1)
  }
  const transcripts: string[] = []
  const onSession = (session: SessionReport) => void transcripts.push(renderTranscript(session, SHAPE))
  const again = await analyze([{ name: 'fuzz', bytes: halves() }], {
    dialogues: true,
    onInternalError: thrown,
    onSession,
  })
  if (!isDeepStrictEqual(analysis, again)) return { kind: 'undetermined', what: difference(analysis, again) }
  const options = { onInternalError: thrown }
  const size = { bytes: Math.ceil(file.length / BATCHES) + 1, packets: BATCH_PACKETS_MAX }
  const sliced = await analyzeInBatches([fileOf('fuzz', file)], options, size)
  if (!isDeepStrictEqual(plain(analysis), plain(sliced))) {
    return { kind: 'undetermined', what: `in batches: ${difference(analysis, sliced)}` }
  }
  const shared = await analyzeSharesHere([fileOf('fuzz', file)], options, SHARES)
  if (!isDeepStrictEqual(plain(analysis), plain(shared))) {
    return { kind: 'undetermined', what: `in shares: ${difference(analysis, shared)}` }
  }
  return raw('the transcript', transcripts.join(''))
}

function sums({ summary, sessions }: Analysis): Failure | null {
  const { violation, suspected, inconclusive, conforming } = summary
  if (violation + suspected + inconclusive + conforming === summary.sessions && sessions.length === summary.sessions)
    return null
  return { kind: 'inconsistent', what: `${JSON.stringify(summary)} for ${sessions.length} sessions` }
}

function render(analysis: Analysis): Failure | null {
  const json = [...jsonDocument(analysis, '1.0.0')].join('')
  // What JSON escapes by itself was no text: that of the wire is printable long before.
  let escaped: Failure | null = null
  JSON.parse(json, (key, value) => {
    if (typeof value === 'string') escaped ??= raw(`"${key}" of the document`, value)
    return value
  })
  return raw('the table', renderTable(analysis, SHAPE)) ?? raw('the document', json) ?? escaped
}

function raw(where: string, text: string): Failure | null {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code === 0x0a || (code >= 0x20 && code <= 0x7e)) continue
    return { kind: 'raw-output', what: `character ${code} in ${where}: ${JSON.stringify(text.slice(i - 20, i + 20))}` }
  }
  return null
}

/** As it is printed: what another thread sends has lost its getters. */
function plain(analysis: Analysis): unknown {
  return JSON.parse(JSON.stringify(analysis))
}

/** Where two analyses part, in few words. */
function difference(one: Analysis, other: Analysis): string {
  const [a, b] = [JSON.stringify(one, null, 1).split('\n'), JSON.stringify(other, null, 1).split('\n')]
  const at = a.findIndex((line, i) => line !== b[i])
  return at < 0 ? 'they print alike' : `${a.slice(at - 2, at + 3).join(' ')} <> ${b.slice(at - 2, at + 3).join(' ')}`
}
