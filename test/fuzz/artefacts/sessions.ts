// Transcripts and captures -> sessions whose truth is known. What may be said of a session is what its label says and
// what the program says of it untouched; that both are the same is what transcripts.test.ts and captures.test.ts hold.
import { readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import type { Analysis } from '../../../src/analyze.ts'
import { SYN, toSegments } from '../../support/packets.ts'
import { parseCases } from '../../support/transcript.ts'
import type { Dice } from '../dice.ts'
import { type Frames, readFrames, unpacked, writeFrames } from '../frames.ts'
import { placeOf } from '../segment.ts'
import { type Endpoints, ETHERNET, encode } from './encode.ts'
import { has, type Segment, type Segments, type SideName } from './segment.ts'

export interface Session {
  readonly name: string
  readonly segments: Segments
  readonly clientPort: number
  readonly serverPort: number
  /** What the label says: `rule party` of errors. */
  readonly labelled: readonly string[]
  label?: Promise<Label>
}

export interface Label {
  /** `rule party` of the errors that may be found; null if bytes are missing already, so that they are not known. */
  readonly allowed: readonly string[] | null
  /** Whether an error is proved of the session untouched. */
  readonly isFaulty: boolean
}

export type Judge = (file: Uint8Array) => Promise<Analysis>

/** With these, a session may have faults of which its label knows nothing. */
const INCOMPLETE = new Set(['gap-client', 'gap-server', 'snaplen', 'overlap-conflict'])

const SEGMENTS_MIN = 4
const SEGMENTS_MAX = 600
/** One fault with different rules, by how much of it was captured: if one of them is true, so are the others. */
const ALIKE: readonly (readonly string[])[] = [
  ['input-lost server', 'reply-missing server'],
  // A reply that came amid its command, and another one behind it: which of the two is the one too many.
  ['reply-before-command server', 'reply-unexpected server', 'lmtp-reply-count server'],
  // What was sent behind STARTTLS, where the reply that refuses or accepts it is missing.
  ['plaintext-after-starttls client', 'command-after-sync-command client', 'extension-command-not-last client'],
]

/** Of the options of a SYN, the maximum segment size and the window scale. */
const SYN_OPTIONS = Uint8Array.from([2, 4, 0x05, 0xb4, 1, 3, 3, 7])

export function sessionsOfTranscripts(folder: string): Session[] {
  return readdirSync(folder).flatMap((file) =>
    parseCases(readFileSync(join(folder, file), 'utf8')).map(({ title, transcript, findings }) => {
      const portOf = (endpoint: string) => Number(endpoint.split(':').at(-1))
      const segments = toSegments(transcript).map((one): Segment => {
        const { from, seq, ack, flags, window, payload, timeNs } = one
        const options = has(one as unknown as Segment, SYN) ? SYN_OPTIONS : new Uint8Array(0)
        const hopLimit = one.far ? 255 : from === 'C' ? 64 : 57
        const length = payload.length
        return { from, seq, ack, flags, window, payload, length, hopLimit, options, timeUs: timeNs / 1000 }
      })
      return {
        name: `${file}: ${title}`,
        segments,
        clientPort: portOf(transcript.client),
        serverPort: portOf(transcript.server),
        labelled: findings.filter((line) => line.startsWith('error ')).map((line) => nameOf(line)),
      }
    }),
  )
}

/** `error input-lost server proved: …` -> `input-lost server`. */
function nameOf(line: string): string {
  const [, rule, party] = line.split(' ')
  return `${rule} ${party}`
}

/**
 * One of the sessions, by chance and by their names: with another session in the collection, nearly all draws stay what
 * they were, and a pinned seed means the same.
 */
export function drawFrom(sessions: readonly Session[], dice: Dice): Session {
  const salt = dice.below(2 ** 31)
  let best = sessions[0] as Session
  let highest = -1
  for (const session of sessions) {
    const score = rank(session.name, salt)
    if (score <= highest) continue
    highest = score
    best = session
  }
  return best
}

/** FNV-1a, mixed once more. */
function rank(text: string, salt: number): number {
  let hash = 0x811c9dc5 ^ salt
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
  return Math.imul(hash ^ (hash >>> 15), 0x85ebca6b) >>> 0
}

/** The sessions of every capture in the folders, however deep, that have their ports for themselves. */
export async function sessionsOfCaptures(folders: readonly string[]): Promise<Session[]> {
  const paths = folders.flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((name) => /\.pcap(?:ng)?$/.test(name))
      .map((name) => join(folder, name))
      .sort(),
  )
  const sessions: Session[] = []
  for (const path of paths) {
    const capture = await readFrames(unpacked(readFileSync(path)))
    if (capture !== null) sessions.push(...sessionsIn(capture, path))
  }
  return sessions
}

interface Connection {
  readonly clientPort: number
  readonly serverPort: number
  readonly startUs: number
  readonly segments: Segment[]
}

function sessionsIn({ linkType, frames }: Frames, path: string): Session[] {
  const connections = new Map<string, Connection>()
  for (const frame of frames) {
    const place = placeOf(frame, linkType)
    if (place === null) continue
    const { ipAt, ipVersion, tcpAt, payloadAt, end } = place
    const bytes = Buffer.from(frame.bytes)
    const [sourceAt, size] = ipVersion === 4 ? [ipAt + 12, 4] : [ipAt + 8, 16]
    const [sourcePort, targetPort] = [bytes.readUInt16BE(tcpAt), bytes.readUInt16BE(tcpAt + 2)]
    const source = `${bytes.subarray(sourceAt, sourceAt + size).toString('hex')} ${sourcePort}`
    const target = `${bytes.subarray(sourceAt + size, sourceAt + 2 * size).toString('hex')} ${targetPort}`
    const isOpening = (bytes.readUInt8(tcpAt + 13) & 0x12) === SYN
    const isKnown = connections.has(`${source} ${target}`)
    const isAnswer = connections.has(`${target} ${source}`)
    // Without a handshake, SMTP is at the lower port.
    const fromClient = isKnown || (!isAnswer && (isOpening || sourcePort > targetPort))
    const key = fromClient ? `${source} ${target}` : `${target} ${source}`
    const [clientPort, serverPort] = fromClient ? [sourcePort, targetPort] : [targetPort, sourcePort]
    const connection = connections.get(key) ?? { clientPort, serverPort, startUs: frame.timeUs, segments: [] }
    connections.set(key, connection)
    const from: SideName = fromClient ? 'C' : 'S'
    connection.segments.push({
      from,
      timeUs: frame.timeUs - connection.startUs,
      seq: bytes.readUInt32BE(tcpAt + 4),
      ack: bytes.readUInt32BE(tcpAt + 8),
      flags: bytes.readUInt8(tcpAt + 13),
      window: bytes.readUInt16BE(tcpAt + 14),
      options: bytes.subarray(tcpAt + 20, tcpAt + (bytes.readUInt8(tcpAt + 12) >> 4) * 4),
      payload: bytes.subarray(payloadAt, end),
      length: end - payloadAt + Math.max(0, frame.wireLength - bytes.length),
      hopLimit: bytes.readUInt8(ipAt + (ipVersion === 4 ? 8 : 7)),
    })
  }
  return [...connections.values()].filter(hasItsPorts).map(({ clientPort, serverPort, segments, startUs }) => ({
    name: `${basename(path)} at ${startUs} from port ${clientPort}`,
    ...{ segments, clientPort, serverPort, labelled: [] },
  }))
}

function hasItsPorts({ segments }: Connection): boolean {
  const openedFlows = new Set(segments.filter(({ flags }) => (flags & 0x12) === SYN).map(({ seq }) => seq))
  return segments.length >= SEGMENTS_MIN && segments.length <= SEGMENTS_MAX && openedFlows.size <= 1
}

/** Addresses of their own for a session of an input, and for its server. */
export function endpointsOf(session: Session, server: number, index: number, isIpv6: boolean): Endpoints {
  const client = [10, 1 + (index >> 8), index & 0xff, 10]
  const wide = (address: readonly number[]) =>
    Uint8Array.from(isIpv6 ? [...Buffer.from('20010db8000000000000ffff', 'hex'), ...address] : address)
  return {
    client: { address: wide(client), port: session.clientPort },
    server: {
      address: wide([172, 16 + ((server >> 16) & 15), (server >> 8) & 0xff, server & 0xff]),
      port: session.serverPort,
    },
  }
}

export const BASE_US = 1_700_000_000e6

export function labelOf(session: Session, judge: Judge): Promise<Label> {
  session.label ??= (async () => {
    const endpoints = endpointsOf(session, 1, 0, false)
    const segments = session.segments.map((one) => ({ ...one, timeUs: one.timeUs + BASE_US }))
    const { sessions, findings } = await judge(
      writeFrames({ linkType: ETHERNET, frames: encode(segments, endpoints, ETHERNET) }),
    )
    const errors = findings.filter(({ severity }) => severity === 'error')
    const allowed = new Set([...session.labelled, ...errors.map(({ rule, party }) => `${rule} ${party}`)])
    for (const alike of ALIKE) {
      if (alike.some((name) => allowed.has(name))) for (const name of alike) allowed.add(name)
    }
    const isComplete = sessions.every(({ limits }) => limits.every(({ code }) => !INCOMPLETE.has(code)))
    return {
      allowed: isComplete ? [...allowed] : null,
      isFaulty: errors.some(({ certainty }) => certainty === 'proved'),
    }
  })()
  return session.label
}
