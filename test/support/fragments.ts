// An IP packet -> its fragments, as a router or a stack would cut it, or as an attacker would.
import { checksum } from './checksum.ts'

export interface Cut {
  /** Octets of payload in all fragments but the last: a multiple of eight. */
  readonly size: number
  readonly id: number
  readonly order?: 'as-sent' | 'backwards' | 'again'
  /** Octets by which every fragment reaches into the next one: a multiple of eight. */
  readonly overlap?: number
}

export function fragments(ip: Buffer, cut: Cut): Buffer[] {
  const isIpv4 = (ip[0] as number) >> 4 === 4
  const headerLength = isIpv4 ? ((ip[0] as number) & 0x0f) * 4 : 40
  const header = ip.subarray(0, headerLength)
  const payload = ip.subarray(headerLength)
  const parts: Buffer[] = []
  for (let at = 0; at < payload.length; at += cut.size) {
    const end = Math.min(payload.length, at + cut.size + (cut.overlap ?? 0))
    const more = end < payload.length
    const part = payload.subarray(at, end)
    parts.push(isIpv4 ? fragment4(header, part, at, more, cut.id) : fragment6(header, part, at, more, cut.id))
    if (!more) break
  }
  if (cut.order === 'backwards') parts.reverse()
  return cut.order === 'again' ? parts.flatMap((part) => [part, part]) : parts
}

function fragment4(whole: Buffer, payload: Buffer, at: number, more: boolean, id: number): Buffer {
  const header = Buffer.from(whole)
  header.writeUInt16BE(header.length + payload.length, 2)
  header.writeUInt16BE(id & 0xffff, 4)
  header.writeUInt16BE((more ? 0x2000 : 0) | (at / 8), 6)
  header.writeUInt16BE(0, 10)
  header.writeUInt16BE(checksum(header), 10)
  return Buffer.concat([header, payload])
}

function fragment6(whole: Buffer, payload: Buffer, at: number, more: boolean, id: number): Buffer {
  const header = Buffer.concat([whole, Buffer.alloc(8)])
  header[40] = header[6] as number
  header[6] = 44
  header.writeUInt16BE(8 + payload.length, 4)
  header.writeUInt16BE(at | (more ? 1 : 0), 42)
  header.writeUInt32BE(id, 44)
  return Buffer.concat([header, payload])
}
