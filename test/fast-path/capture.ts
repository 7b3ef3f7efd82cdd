// A capture written packet by packet, for what needs exact counts.
import { ACK, FIN, PSH, SYN } from '../support/packets.ts'
import { type BothWays, bothWays, piped } from './both-ways.ts'
import { fileOf } from './files.ts'
import { frameOf, type Packet, type Segment } from './traffic.ts'

const NONE = Buffer.alloc(0)

/** Packets one microsecond apart, in order. */
export class Capture {
  readonly packets: Packet[] = []
  private now = 0
  private readonly seqs = new Map<number, [number, number]>()

  /** `client`: a number that stands for its address and port. */
  put(client: number, side: 0 | 1, flags: number, payload: Buffer | string = NONE, port = 25): this {
    const seqs = this.seqs.get(client) ?? [client * 7, client * 13]
    this.seqs.set(client, seqs)
    const bytes = typeof payload === 'string' ? Buffer.from(payload, 'latin1') : payload
    const [seq, ack] = [seqs[side], flags === SYN ? 0 : (seqs[side ^ 1] as number)]
    this.now += 1000
    const segment: Segment = { timeNs: this.now, side, seq, ack, flags, window: 500, payload: bytes }
    const ends = { isIpv6: false, addresses: [client & 0xff, 600], ports: [1025 + (client >> 8), port] } as const
    const frame = frameOf(segment, ends, 'ethernet', false)
    this.packets.push({ timeNs: this.now, bytes: frame, wireLength: frame.length })
    seqs[side] = (seq + bytes.length + ((flags & (SYN | FIN)) === 0 ? 0 : 1)) >>> 0
    return this
  }

  open(client: number, greeting = '220 mail.example.net ESMTP\r\n', port = 25): this {
    this.put(client, 0, SYN, NONE, port)
      .put(client, 1, SYN | ACK, NONE, port)
      .put(client, 0, ACK, NONE, port)
    return greeting === '' ? this : this.says(client, 1, greeting)
  }

  says(client: number, side: 0 | 1, text: string | Buffer): this {
    return this.put(client, side, ACK | PSH, text)
  }

  asks(client: number, command: string, reply: string): this {
    return this.says(client, 0, `${command}\r\n`).says(client, 1, `${reply}\r\n`)
  }

  hello(client: number, name = 'client.example.com', last = '250 PIPELINING'): this {
    return this.asks(client, `EHLO ${name}`, `250-mail.example.net\r\n${last}`)
  }

  quit(client: number): this {
    this.asks(client, 'QUIT', '221 Bye')
    return this.put(client, 1, FIN | ACK)
      .put(client, 0, FIN | ACK)
      .put(client, 1, ACK)
  }

  both(): Promise<BothWays> {
    const bytes = fileOf(this.packets, 1)
    return bothWays(() => [piped(bytes)])
  }
}
