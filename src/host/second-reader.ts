// Reads a classic capture with microseconds by another program than ours: pcap-parser, because a writer should not be
// checked by its own reader. The page, where that cannot run, has a plain one (`page/host/second-reader.ts`).
import { createReadStream } from 'node:fs'
import pcapParser from 'pcap-parser'

export interface ReadPacket {
  readonly seconds: number
  readonly nanoseconds: number
  readonly wireLength: number
  readonly bytes: Uint8Array
}

/** Calls `visit` for every packet. Resolves to what is wrong with the file; null when all of it was read. */
export function readWithSecondReader(path: string, visit: (packet: ReadPacket) => void): Promise<string | null> {
  return new Promise((resolve) => {
    const stream = createReadStream(path)
    const finish = (problem: string | null) => {
      stream.destroy()
      resolve(problem)
    }
    pcapParser
      .parse(stream)
      .on('packet', ({ header, data }) =>
        visit({
          seconds: header.timestampSeconds,
          nanoseconds: header.timestampMicroseconds * 1000,
          wireLength: header.originalLength,
          bytes: data,
        }),
      )
      .on('error', (error) => finish(`pcap-parser says ${error.message}`))
      .on('end', () => finish(null))
  })
}
