// Captures -> what the program proves in them, and what else the tests of the prover need: the segments as the prover
// reads them, and a list of all frames that owes nothing to it.
import { Readable } from 'node:stream'
import type { FindingRecord, SessionRecord } from '../../src/analyze.ts'
import { CaptureReader } from '../../src/capture/reader.ts'
import { fromIterable } from '../../src/capture/source.ts'
import { pcapWriter } from '../../src/capture/write.ts'
import { Decoded, SegmentDecoder } from '../../src/decode/decode.ts'
import { judgeBytes } from '../support/judge.ts'
import { readSegments, type Segment } from './segments.ts'

/** A frame with TCP in it, as the program decodes it. */
export interface Frame {
  readonly frame: number
  readonly from: number
  readonly to: number
  readonly seq: number
  readonly ack: number
  readonly flags: number
  readonly payload: Buffer
}

export interface Evidence {
  readonly name: string
  /** The proved errors whose octets have numbers on the wire. */
  readonly findings: readonly FindingRecord[]
  /** All that was found: what is not among it is not so. */
  readonly all: readonly FindingRecord[]
  readonly sessions: ReadonlyMap<string, SessionRecord>
  readonly segments: readonly Segment[]
  readonly frames: ReadonlyMap<number, Frame>
  /** Whether the prover reads all frames that the program reads: it knows no tunnels and no fragments. */
  readonly isReadWhole: boolean
  /** How many more were proved, inside TLS. */
  readonly insideTls: number
}

export async function evidenceOf(name: string, capture: Uint8Array): Promise<Evidence> {
  const { findings, sessions } = await judgeBytes(capture)
  const proved = findings.filter(({ severity, certainty }) => severity === 'error' && certainty === 'proved')
  const onWire = proved.filter(({ proof }) => !proof?.items.some(({ seq, index }) => index !== null && seq === null))
  const { classic, frames } = await rewritten(capture)
  const segments = onWire.length === 0 ? [] : await readSegments(Readable.from([classic]))
  return {
    name,
    findings: onWire,
    all: findings,
    sessions: new Map(sessions.map((session) => [session.id, session])),
    segments,
    frames,
    isReadWhole: segments.length === frames.size,
    insideTls: proved.length - onWire.length,
  }
}

/** As a classic capture with microseconds, which is all that the prover can read. */
async function rewritten(capture: Uint8Array): Promise<{ classic: Buffer; frames: Map<number, Frame> }> {
  const reader = await CaptureReader.open(
    fromIterable(
      '',
      (async function* () {
        yield capture
      })(),
    ),
  )
  const frames = new Map<number, Frame>()
  const decoder = new SegmentDecoder()
  const pieces: Uint8Array[] = []
  do {
    while (reader.next()) {
      const { packet, base } = reader
      const ns = (base?.nanoseconds ?? 0) + packet.timeNs
      const writer = pcapWriter(packet.linkType, 'microseconds')
      if (pieces.length === 0) pieces.push(writer.head)
      const { bytes, offset, length, linkType, wireLength } = packet
      const seconds = (base?.seconds ?? 0) + Math.floor(ns / 1e9)
      const own = { linkType, wireLength, bytes: bytes.slice(offset, offset + length), comment: null }
      pieces.push(writer.record({ ...own, seconds, nanoseconds: ns - Math.floor(ns / 1e9) * 1e9 }))
      if (decoder.decode(packet) === Decoded.SEGMENT) frames.set(packet.frame, frameOf(decoder))
    }
  } while (await reader.refill())
  return { classic: Buffer.concat(pieces), frames }
}

function frameOf({ segment }: SegmentDecoder): Frame {
  const { packet, sourcePort: from, targetPort: to, seq, ack, flags, bytes, offset, length } = segment
  const numbers = { seq: seq >>> 0, ack: ack >>> 0, flags }
  return { frame: packet.frame, from, to, ...numbers, payload: Buffer.from(bytes.slice(offset, offset + length)) }
}
