// The format of a file by its first bytes, or a sentence about one that is not read.

export type CaptureFormat = 'pcap' | 'pcapng'

/** Bytes that are enough to detect every format below. */
export const MAGIC_BYTES = 8

/**
 * Classic pcap: microseconds, nanoseconds, Kuznetzov's patch, in either byte order. pcapng: its section header block.
 */
const READ: readonly (readonly [string, CaptureFormat])[] = [
  ['a1b2c3d4', 'pcap'],
  ['d4c3b2a1', 'pcap'],
  ['a1b23c4d', 'pcap'],
  ['4d3cb2a1', 'pcap'],
  ['a1b2cd34', 'pcap'],
  ['34cdb2a1', 'pcap'],
  ['0a0d0d0a', 'pcapng'],
]

const KNOWN: readonly (readonly [string, string])[] = [
  ['fd377a585a', 'captures compressed by xz are not read; decompress them first (xz -d)'],
  ['425a68', 'captures compressed by bzip2 are not read; decompress them first (bzip2 -d)'],
  ['504b0304', 'zip archives are not read'],
  ['a1b234cd', 'modified pcap (Mesquita) is not read'],
  ['cd34b2a1', 'modified pcap (Mesquita) is not read'],
  ['a12b3c4d', 'pcap of Navtel is not read'],
  ['4d3c2ba1', 'pcap of Navtel is not read'],
  ['736e6f6f70', 'snoop captures are not read'],
  ['474d4255', 'Network Monitor captures are not read'],
  ['52545353', 'Network Monitor captures are not read'],
  ['54525349464c', 'Sniffer captures are not read'],
]

/** The format of a file with these first bytes; null when it is not one that is read. */
export function detectFormat(first: Uint8Array): CaptureFormat | null {
  return lookUp(READ, first)
}

/** A sentence about a known format that is not read; null for unknown ones. */
export function knownButNotRead(first: Uint8Array): string | null {
  return lookUp(KNOWN, first)
}

/** The first four bytes in words, for the error message. */
export function describeFirstBytes(first: Uint8Array): string {
  const octets = Array.from(first.subarray(0, 4), (octet) => octet.toString(16).padStart(2, '0'))
  return `it starts with ${octets.join(' ')}`
}

function lookUp<Meaning>(table: readonly (readonly [string, Meaning])[], first: Uint8Array): Meaning | null {
  const start = Array.from(first.subarray(0, MAGIC_BYTES), (octet) => octet.toString(16).padStart(2, '0')).join('')
  return table.find(([magic]) => start.startsWith(magic))?.[1] ?? null
}
