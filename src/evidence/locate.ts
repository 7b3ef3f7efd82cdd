// Selected sessions -> the frames of the captures that they need, and the frame numbers of these in the evidence.
import type { PacketView, TimeBase } from '../capture/packet.ts'
import { formatEndpoint } from '../decode/address.ts'
import { Decoded, SegmentDecoder } from '../decode/decode.ts'
import type { Part, SegmentView } from '../decode/segment.ts'
import { DeliveryError } from '../errors.ts'
import { EVIDENCE_FRAMES_MAX } from '../limits.ts'
import type { FrameRange, SelectedSession } from './selected-session.ts'

/** The frames to copy. */
export interface Location {
  /** Frame numbers of the captures, ascending; the evidence numbers them from 1. */
  readonly frames: readonly number[]
  /** Fragmented datagrams, in the order in which they were complete. */
  readonly datagrams: readonly (readonly Part[])[]
  readonly linkTypes: readonly number[]
  /** Some times are finer than microseconds. */
  readonly nanoseconds: boolean
}

interface Place {
  readonly selected: SelectedSession
  readonly passages: readonly FrameRange[] | null
}

export class Locator {
  private readonly decoder = new SegmentDecoder()
  private readonly places = new Map<string, Place[]>()
  private readonly ports = new Set<number>()
  private readonly from: number
  private readonly to: number
  private readonly frames: number[] = []
  private readonly datagrams: (readonly Part[])[] = []
  private readonly linkTypes = new Set<number>()
  private nanoseconds = false

  /** `passagesOf`: the frame ranges of a session; null for all frames. */
  constructor(
    selectedSessions: readonly SelectedSession[],
    passagesOf: (selected: SelectedSession) => readonly FrameRange[] | null,
  ) {
    for (const selected of selectedSessions) {
      const { client, server } = selected.session
      const place = { selected, passages: passagesOf(selected) }
      for (const key of [`${client} ${server}`, `${server} ${client}`])
        this.places.set(key, [...(this.places.get(key) ?? []), place])
      for (const endpoint of [client, server]) this.ports.add(Number(endpoint.slice(endpoint.lastIndexOf(':') + 1)))
    }
    this.from = Math.min(...selectedSessions.map(({ firstFrame }) => firstFrame))
    this.to = Math.max(...selectedSessions.map(({ lastFrame }) => lastFrame))
  }

  take(packet: PacketView, base: TimeBase): void {
    if (packet.frame > this.to) return
    // Fragments may be older than the segment that they belong to.
    if (this.decoder.decode(packet) !== Decoded.SEGMENT || packet.frame < this.from) return
    const { segment } = this.decoder
    if (!this.selectedOf(segment, packet.frame)) return
    if (segment.parts.length > 0) this.datagrams.push(segment.parts)
    for (const { frame } of segment.parts) this.frames.push(frame)
    this.frames.push(packet.frame)
    this.linkTypes.add(packet.linkType)
    this.nanoseconds ||= (base.nanoseconds + packet.timeNs) % 1000 !== 0
    if (this.frames.length > EVIDENCE_FRAMES_MAX)
      throw new DeliveryError(`the evidence would need more than ${EVIDENCE_FRAMES_MAX} packets; name fewer findings`)
  }

  get location(): Location {
    const frames = [...new Set(this.frames)].sort((a, b) => a - b)
    return { frames, datagrams: this.datagrams, linkTypes: [...this.linkTypes], nanoseconds: this.nanoseconds }
  }

  /** Whether a packet belongs to a selected session and to a frame range that is needed. */
  private selectedOf(segment: SegmentView, frame: number): boolean {
    if (!this.ports.has(segment.sourcePort) || !this.ports.has(segment.targetPort)) return false
    return (
      this.places
        .get(keyOf(segment))
        ?.some(
          ({ selected, passages }) =>
            frame >= selected.firstFrame &&
            frame <= selected.lastFrame &&
            (passages?.some(({ from, to }) => frame >= from && frame <= to) ?? true),
        ) ?? false
    )
  }
}

/** `192.0.2.1:49152 203.0.113.25:25`. */
export function keyOf({ bytes, sourceAt, targetAt, addressLength, sourcePort, targetPort }: SegmentView): string {
  const source = bytes.subarray(sourceAt, sourceAt + addressLength)
  const target = bytes.subarray(targetAt, targetAt + addressLength)
  return `${formatEndpoint(source, sourcePort)} ${formatEndpoint(target, targetPort)}`
}
