// What a side sent and its peer never acknowledged -> how many bytes, how often sent, since when. The end of a capture is
// none of it: who never gets an acknowledgement sends again, or gives the connection up.
import { PARKED_BYTES_MAX, SENDINGS_MIN } from '../limits.ts'
import type { Half } from './half.ts'

export interface Unacknowledged {
  readonly bytes: number
  /** How often the first of them was sent, as far as was captured; 0 where only other numbers show that it was. */
  readonly sendings: number
  readonly firstFrame: number
  readonly firstNs: number
  readonly lastFrame: number
  readonly lastNs: number
}

/** Null where there is none, or where the acknowledgement may still be on its way. A closed window acknowledges nothing, either. */
export function unacknowledgedOf(half: Half, peer: Half): Unacknowledged | null {
  const end = half.fin >= 0 ? half.fin : Math.max(half.next, half.sent)
  const bytes = end - half.acked
  if (peer.segments === 0 || peer.windowClosed || bytes <= 0 || bytes > PARKED_BYTES_MAX) return null
  const { sendings, waitsFrame, waitsNs, againFrame, againNs } = half
  if (sendings === 0 ? !half.reset && !peer.reset : sendings < SENDINGS_MIN) return null
  return { bytes, sendings, firstFrame: waitsFrame, firstNs: waitsNs, lastFrame: againFrame, lastNs: againNs }
}
