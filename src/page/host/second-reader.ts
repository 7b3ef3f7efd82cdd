// Reads a classic capture with microseconds: not with the reader of `capture/`, because a writer should not be checked by
// its own reader, and not with pcap-parser, which needs Node. All of the file is in memory: evidence is small.
import type { ReadPacket } from '../../host/second-reader.ts'
import { fileAt } from './files.ts'

export type { ReadPacket }

const FILE_HEADER = 24
const RECORD_HEADER = 16
const MAGIC = 0xa1b2c3d4

export async function readWithSecondReader(path: string, visit: (packet: ReadPacket) => void): Promise<string | null> {
  const file = fileAt(path)
  if (file === undefined) return 'there is no such file'
  const bytes = await file.arrayBuffer()
  const view = new DataView(bytes)
  if (view.byteLength < FILE_HEADER || view.getUint32(0, true) !== MAGIC) return 'it does not begin like a capture'
  let at = FILE_HEADER
  while (at + RECORD_HEADER <= view.byteLength) {
    const number = (field: number) => view.getUint32(at + 4 * field, true)
    const captured = number(2)
    const data = at + RECORD_HEADER
    if (data + captured > view.byteLength) return 'it ends within a packet'
    const [seconds, nanoseconds, wireLength] = [number(0), number(1) * 1000, number(3)]
    visit({ seconds, nanoseconds, wireLength, bytes: new Uint8Array(bytes, data, captured) })
    at = data + captured
  }
  return at === view.byteLength ? null : 'it ends within the header of a packet'
}
