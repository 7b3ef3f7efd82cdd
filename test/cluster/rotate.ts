// A pcap -> several, cut between records: connections run across them.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** Where its records start, and its end. */
export function starts(file: Buffer): number[] {
  const found: number[] = []
  let at = 24
  for (; at < file.length; at += 16 + file.readUInt32LE(at + 8)) found.push(at)
  return [...found, at]
}

export function rotated(folder: string, name: string, file: Buffer, files: number): string[] {
  const places = starts(file)
  return Array.from({ length: files }, (_, n) => {
    const from = places[Math.floor((n * (places.length - 1)) / files)]
    const to = places[Math.floor(((n + 1) * (places.length - 1)) / files)]
    const path = join(folder, `${name}-${String(n).padStart(3, '0')}.pcap`)
    writeFileSync(path, Buffer.concat([file.subarray(0, 24), file.subarray(from, to)]))
    return path
  })
}
