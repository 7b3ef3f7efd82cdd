// A transcript, in any shape, envelope and format -> what the program says of it.
import { type Analysis, analyze } from '../../src/analyze.ts'
import { type Envelope, linkTypeOf, toFrames } from './envelopes.ts'
import { type Format, toFile } from './files.ts'
import { type Shape, toSegments } from './packets.ts'
import type { Transcript } from './transcript.ts'

export interface Build {
  readonly shape?: Shape
  readonly envelope?: Envelope
  readonly format?: Format
}

/** The bytes of a capture of the dialogue. */
export function toCapture(
  transcript: Transcript,
  { shape = {}, envelope = 'ethernet', format = 'pcap-le-us' }: Build = {},
): Buffer {
  const frames = toFrames(toSegments(transcript, shape), transcript, envelope)
  return toFile(frames, linkTypeOf(envelope), transcript.startUs, format)
}

export async function judgeBytes(bytes: Uint8Array, keyLogs: readonly string[] = []): Promise<Analysis> {
  async function* whole(): AsyncIterable<Uint8Array> {
    yield bytes
  }
  return analyze([{ name: 'test.pcap', bytes: whole() }], {
    keyLogs,
    onInternalError: (error) => {
      throw error
    },
  })
}

export function judge(transcript: Transcript, build: Build = {}): Promise<Analysis> {
  return judgeBytes(toCapture(transcript, build))
}

/** `error input-lost server proved: no reply to RCPT`, for findings of severity warning and above. */
export function findingLines(analysis: Analysis): string[] {
  return analysis.findings
    .filter(({ severity }) => severity !== 'info')
    .map(
      ({ severity, rule, party, certainty, actual }) =>
        `${severity} ${rule} ${party} ${certainty}: ${withoutFrames(actual)}`,
    )
    .sort()
}

/** Frame numbers, and what is made of them. */
const FRAMES: ReadonlySet<string> = new Set(['frame', 'frames', 'acknowledgedIn', 'displayFilter'])
/** Some links carry IPv6, so of an endpoint only the port is the same. */
const ENDPOINTS: ReadonlySet<string> = new Set(['client', 'server'])

/** Everything that is said of sessions, in words that no link, tunnel or file format can change. */
export function told({ sessions, findings, servers, summary }: Analysis): string {
  const { packets: _, ...counts } = summary
  const shown = (key: string, value: unknown) => {
    if (FRAMES.has(key)) return undefined
    if (typeof value !== 'string') return value
    if (ENDPOINTS.has(key)) return value.replace(/^.*:/, ':')
    if (key === 'id' || key === 'session') return value.replace(/^s\d+/, 's')
    return value.replace(/frames? \d+(?:(?:, | and )\d+)*/g, 'frame')
  }
  return JSON.stringify({ sessions, findings, servers, counts }, shown, 1)
}

/** Frame numbers depend on the shape; the rest must not. */
function withoutFrames(text: string): string {
  return text.replace(/ in frame \d+/g, '')
}
