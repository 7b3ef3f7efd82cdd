// Fragments -> datagrams: RFC 791 section 3.2, RFC 8200 section 4.5. What comes in: one fragment of IPv4 or IPv6 at a
// time. What goes out: the datagram, when its last missing fragment has come, as a packet whose header says no more of
// fragments.
import { DATAGRAM_BYTES_MAX, FRAGMENT_BYTES_MAX, FRAGMENT_NS, FRAGMENTED_DATAGRAMS_MAX } from '../limits.ts'
import { u8 } from './bytes.ts'
import { Datagram } from './datagram.ts'
import type { FragmentView } from './fragment.ts'
import type { SegmentView } from './segment.ts'

export class Fragments {
  /** Packets whose datagram was given up. */
  private lost = 0
  private bytesHeld = 0
  /** In the order of their first fragment. A datagram stays for a while after it is whole, to know its duplicates. */
  private readonly datagrams = new Map<string, Datagram>()

  /** The datagram that this fragment completes, null when none. */
  take(segment: SegmentView, fragment: FragmentView): Datagram | null {
    const now = segment.packet.timeNs
    if (!isPossible(segment, fragment)) {
      this.lost += 1
      return null
    }
    const key = keyOf(segment, fragment)
    const known = this.datagrams.get(key)
    if (known !== undefined && now - known.firstNs < FRAGMENT_NS) {
      if (!known.isWhole) return this.add(key, known, segment, fragment)
      if (known.repeats(segment, fragment)) return null
    }
    if (known !== undefined) this.forget(key, known)
    this.makeRoom(now)
    const datagram = new Datagram(now)
    this.datagrams.set(key, datagram)
    this.bytesHeld += datagram.bytes.length
    return this.add(key, datagram, segment, fragment)
  }

  /** The capture is at its end: how many packets were fragments of datagrams that never became whole. */
  finish(): number {
    for (const [key, datagram] of this.datagrams) this.forget(key, datagram)
    return this.lost
  }

  private add(key: string, datagram: Datagram, segment: SegmentView, fragment: FragmentView): Datagram | null {
    const before = datagram.bytes.length
    const fits = datagram.add(segment, fragment)
    this.bytesHeld += datagram.bytes.length - before
    if (!fits) this.forget(key, datagram)
    return fits && datagram.isWhole ? datagram : null
  }

  private forget(key: string, datagram: Datagram): void {
    this.datagrams.delete(key)
    this.bytesHeld -= datagram.bytes.length
    if (!datagram.isWhole) this.lost += datagram.packets
  }

  /** The oldest go first: those that no receiver would wait for any longer, and those beyond the bounds. */
  private makeRoom(now: number): void {
    for (const [key, datagram] of this.datagrams) {
      const full = this.datagrams.size >= FRAGMENTED_DATAGRAMS_MAX || this.bytesHeld > FRAGMENT_BYTES_MAX
      if (!full && now - datagram.firstNs < FRAGMENT_NS) return
      this.forget(key, datagram)
    }
  }
}

/** All but the last are multiples of eight octets, and no datagram is longer than its length field can say. */
function isPossible({ wireLength }: SegmentView, { position, more }: FragmentView): boolean {
  return wireLength > 0 && (!more || wireLength % 8 === 0) && position + wireLength <= DATAGRAM_BYTES_MAX
}

/** Both addresses and the identification; in IPv4 the protocol as well. */
function keyOf({ bytes, sourceAt, addressLength }: SegmentView, { id, protocol }: FragmentView): string {
  let key = addressLength === 4 ? `${id} ${protocol} ` : `${id} `
  // The target stands behind the source in both headers.
  for (let i = 0; i < 2 * addressLength; i += 1) key += String.fromCharCode(u8(bytes, sourceAt + i))
  return key
}
