// Redacts copied packets in order: payloads by the redaction plans of their sessions, then headers. A fragment waits
// for the rest of its datagram, because only the whole can be redacted. Of what cannot be redacted nothing is written.
import type { PacketView } from '../capture/packet.ts'
import { Decoded, SegmentDecoder } from '../decode/decode.ts'
import { networkLayerAt } from '../decode/link.ts'
import type { Part, SegmentView } from '../decode/segment.ts'
import type { Addresses } from '../redact/pseudonyms.ts'
import { RAW_IP, redactedLinkType, redactIp, redactLink } from '../redact/redact-packet.ts'
import type { Copy, PacketRedaction } from './copy-packets.ts'
import { keyOf, type Location } from './locate.ts'
import type { RedactionPlans } from './redaction-plans.ts'
import type { SelectedSession } from './selected-session.ts'

/** A packet of the captures that cannot be redacted. */
export interface Refusal {
  readonly frame: number
  readonly reason: 'no IP header' | 'a fragment of a fragment'
}

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
  /** Sessions with a packet that cannot be redacted, and which. */
  readonly refused = new Map<SelectedSession, Refusal>()

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
        waiting.copy = this.headers(copy, this.payload(segment, copy.frame, copy.bytes))
        waiting.ready = true
      } else {
        this.datagram(segment, copy.frame)
      }
    } else if (waiting.ready) {
      waiting.copy = this.headers(copy, [])
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

  /** Returns the sessions to which the segment belongs. */
  private payload(segment: SegmentView, frame: number, bytes: Uint8Array): readonly SelectedSession[] {
    const key = keyOf(segment)
    return this.selectedSessions.filter(({ session, firstFrame, lastFrame }) => {
      if (frame < firstFrame || frame > lastFrame) return false
      const fromClient = key === `${session.client} ${session.server}`
      if (!fromClient && key !== `${session.server} ${session.client}`) return false
      this.scripts.rewrite(segment, session.id, fromClient, bytes)
      return true
    })
  }

  /** Redacts the whole datagram, then gives each packet its part. */
  private datagram(segment: SegmentView, frame: number): void {
    const whole = segment.bytes.slice()
    const sessions = this.payload(segment, frame, whole)
    redactIp(whole, 0, whole.length, segment.offset + segment.wireLength, this.addresses)
    for (const part of segment.parts) {
      const waiting = this.queue.find(({ copy }) => copy.frame === part.frame)
      if (waiting === undefined) continue
      const isPlaced = place(part, whole, waiting.copy.bytes)
      waiting.copy = isPlaced
        ? this.headers(waiting.copy, sessions)
        : this.refuse(waiting.copy, 'a fragment of a fragment', sessions)
      waiting.ready = true
    }
  }

  /** Blanks a packet, which is then in no evidence: its sessions are left out. */
  private refuse(copy: Copy, reason: Refusal['reason'], sessions: readonly SelectedSession[]): Copy {
    copy.bytes.fill(0)
    for (const one of sessions) if (!this.refused.has(one)) this.refused.set(one, { frame: copy.frame, reason })
    return { ...copy, linkType: redactedLinkType(copy.linkType) }
  }

  /** Redacts link, IP and tunnel headers. Of a link layer that is not kept, only the IP packet stays. */
  private headers(copy: Copy, sessions: readonly SelectedSession[]): Copy {
    const { bytes, linkType, wireLength } = copy
    const ipAt = networkLayerAt(bytes, 0, bytes.length, linkType)
    if (ipAt < 0) return this.refuse(copy, 'no IP header', sessions)
    const outcome = redactIp(bytes, ipAt, bytes.length, Math.max(wireLength, bytes.length), this.addresses)
    const from = outcome.kept ? (redactLink(bytes, linkType, ipAt) ? 0 : ipAt) : outcome.innerAt
    return from === 0 ? copy : { ...copy, bytes: bytes.slice(from), wireLength: wireLength - from, linkType: RAW_IP }
  }
}

/** False for a fragment of a fragment: its bytes have no place of their own in the packet. */
function place({ at, position, length }: Part, whole: Uint8Array, bytes: Uint8Array): boolean {
  if (at >= 0) bytes.set(whole.subarray(position, position + length), at)
  return at >= 0
}

function viewOf({ bytes, wireLength, frame, timeNs, linkType }: Copy): PacketView {
  return { bytes, offset: 0, length: bytes.length, wireLength, frame, timeNs, fileOffset: 0, linkType, tap: 0 }
}
