// Handwritten segments of one connection, for tests of sequence numbers.
import { ACK, PSH, type Segment, SYN } from '../support/packets.ts'

export const SECOND = 1e9
let clock = 0

export interface Fields {
  readonly from?: 'C' | 'S'
  readonly seq: number
  readonly ack?: number
  readonly flags?: number
  readonly text?: string
  readonly window?: number
  readonly after?: number
}

export function segment({ from = 'C', seq, ack, flags, text = '', window = 65_000, after = 1e6 }: Fields): Segment {
  clock += after
  const set = flags ?? (text === '' ? ACK : ACK | PSH)
  return {
    from,
    seq: seq >>> 0,
    ack: (ack ?? 0) >>> 0,
    flags: ack === undefined ? set & ~ACK : set,
    window,
    payload: Buffer.from(text, 'latin1'),
    timeNs: clock,
    captured: true,
    late: false,
    far: false,
  }
}

export const C = (seq: number, ack: number, text = '', more: Partial<Fields> = {}) =>
  segment({ seq, ack, text, ...more })
export const S = (seq: number, ack: number, text = '', more: Partial<Fields> = {}) =>
  segment({ from: 'S', seq, ack, text, ...more })

/** The client starts at 100, the server at 500: their first bytes are 101 and 501. */
export const handshake = (client = 100, server = 500) => [
  segment({ seq: client, flags: SYN }),
  S(server, client + 1, '', { flags: SYN | ACK }),
  C(client + 1, server + 1),
]
