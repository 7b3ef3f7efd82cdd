// Redacts copied packets in order: payloads by the redaction plans of their sessions, then headers. A fragment waits
// for the rest of its datagram, because only the whole can be redacted.
import type { PacketView } from '../capture/packet.ts'
import { Decoded, SegmentDecoder } from '../decode/decode.ts'
import { networkLayerAt } from '../decode/link.ts'
import type { Part, SegmentView } from '../decode/segment.ts'
import { DeliveryError } from '../errors.ts'
import type { Addresses } from '../redact/pseudonyms.ts'
import { RAW_IP, redactIp, redactLink } from '../redact/redact-packet.ts'
import type { Copy, PacketRedaction } from './copy-packets.ts'
import { keyOf, type Location } from './locate.ts'
import type { RedactionPlans } from './redaction-plans.ts'
import type { SelectedSession } from './selected-session.ts'

interface Waiting {
  copy: Copy
  ready: boolean
}

export class PacketRedactor implements PacketRedaction {
  private readonly decoder = new SegmentDecoder()
  private readonly selectedSessions: readonly SelectedSession[]
  private readonly scripts: RedactionPlans
  private readonly addresses: Addresses
  private readonly inParts: ReadonlySet<number>
  private queue: Waiting[] = []

  constructor(
    selectedSessions: readonly SelectedSession[],
    { datagrams }: Location,
    scripts: RedactionPlans,
    addresses: Addresses,
  ) {
    this.selectedSessions = selectedSessions
    this.scripts = scripts
    this.addresses = addresses
    this.inParts = new Set(datagrams.flatMap((parts) => parts.map(({ frame }) => frame)))
  }

  take(copy: Copy): readonly Copy[] {
    const waiting: Waiting = { copy, ready: !this.inParts.has(copy.frame) }
    this.queue.push(waiting)
    const decoded = this.decoder.decode(viewOf(copy))
    if (decoded === Decoded.SEGMENT) {
      const { segment } = this.decoder
      if (segment.parts.length === 0) {
        this.payload(segment, copy.frame, copy.bytes)
        waiting.copy = this.headers(copy)
        waiting.ready = true
      } else {
        this.datagram(segment, copy.frame)
      }
    } else if (waiting.ready) {
      waiting.copy = this.headers(copy)
    }
    return this.emit()
  }

  finish(): readonly Copy[] {
    // An incomplete datagram belongs to no session and was not located.
    const rest = this.queue.filter(({ ready }) => ready).map(({ copy }) => copy)
    this.queue = []
    return rest
  }

  private emit(): readonly Copy[] {
    const blocked = this.queue.findIndex(({ ready }) => !ready)
    const ready = this.queue.splice(0, blocked < 0 ? this.queue.length : blocked)
    return ready.map(({ copy }) => copy)
  }

  private payload(segment: SegmentView, frame: number, bytes: Uint8Array): void {
    const key = keyOf(segment)
    for (const { session, firstFrame, lastFrame } of this.selectedSessions) {
      if (frame < firstFrame || frame > lastFrame) continue
      const fromClient = key === `${session.client} ${session.server}`
      if (fromClient || key === `${session.server} ${session.client}`)
        this.scripts.rewrite(segment, session.id, fromClient, bytes)
    }
  }

  /** Redacts the whole datagram, then gives each packet its part. */
  private datagram(segment: SegmentView, frame: number): void {
    const whole = segment.bytes.slice()
    this.payload(segment, frame, whole)
    redactIp(whole, 0, whole.length, segment.offset + segment.wireLength, this.addresses)
    for (const part of segment.parts) {
      const waiting = this.queue.find(({ copy }) => copy.frame === part.frame)
      if (waiting === undefined) continue
      place(part, whole, waiting.copy.bytes)
      waiting.copy = this.headers(waiting.copy)
      waiting.ready = true
    }
  }

  /** Redacts link, IP and tunnel headers. Of a link layer that is not kept, only the IP packet stays. */
  private headers(copy: Copy): Copy {
    const { bytes, linkType, wireLength } = copy
    const ipAt = networkLayerAt(bytes, 0, bytes.length, linkType)
    if (ipAt < 0) throw new DeliveryError(`frame ${copy.frame} cannot be redacted: it has no IP header`)
    const outcome = redactIp(bytes, ipAt, bytes.length, Math.max(wireLength, bytes.length), this.addresses)
    const from = outcome.kept ? (redactLink(bytes, linkType, ipAt) ? 0 : ipAt) : outcome.innerAt
    return from === 0 ? copy : { ...copy, bytes: bytes.slice(from), wireLength: wireLength - from, linkType: RAW_IP }
  }
}

function place({ at, position, length, frame }: Part, whole: Uint8Array, bytes: Uint8Array): void {
  if (at < 0) throw new DeliveryError(`frame ${frame} cannot be redacted: it contains a fragment of a fragment`)
  bytes.set(whole.subarray(position, position + length), at)
}

function viewOf({ bytes, wireLength, frame, timeNs, linkType }: Copy): PacketView {
  return { bytes, offset: 0, length: bytes.length, wireLength, frame, timeNs, fileOffset: 0, linkType, tap: 0 }
}
