// Computes two hashes of message content and extracts its Message-ID. They identify the same message behind a box that
// adds trace headers (RFC 5321 section 4.4).
import { MESSAGE_HEADER_BYTES_MAX } from '../../limits.ts'
import type { ChunkView } from '../../tcp/chunk.ts'

/** Identifies the content of a message. Accidental collisions are negligible. */
export interface ContentDigest {
  /** Hash of all octets up to the final dot. */
  readonly whole: string
  /** Hash of the octets after the first empty line; equal to `whole` when there is none. */
  readonly body: string
  /** The value of Message-ID (RFC 5322 section 3.6.4) with angle brackets; null when not found. */
  readonly messageId: string | null
}

const LF = 0x0a
const CR = 0x0d

/** 64 bits of FNV-1a in two halves with different primes. Fast; not resistant to deliberate collisions. */
class Hash {
  private a = 0x811c9dc5
  private b = 0x01000193

  add(bytes: Uint8Array, from: number, to: number): void {
    let { a, b } = this
    for (let i = from; i < to; i++) {
      const octet = bytes[i] as number
      a = Math.imul(a ^ octet, 0x01000193)
      b = Math.imul(b ^ octet, 0x85ebca6b) ^ (b >>> 15)
    }
    this.a = a
    this.b = b
  }

  get hex(): string {
    return [this.a, this.b].map((half) => (half >>> 0).toString(16).padStart(8, '0')).join('')
  }
}

export class ContentHasher {
  private readonly whole = new Hash()
  private body: Hash | null = null
  private header = ''
  /** 1 at the start of a line, 2 after a CR there, 0 elsewhere. */
  private lineStart = 1

  /** Takes the octets `[from, to)` of the chunk. */
  add({ bytes }: ChunkView, from: number, to: number): void {
    this.whole.add(bytes, from, to)
    const at = this.body === null ? this.readHeader(bytes, from, to) : from
    this.body?.add(bytes, at, to)
  }

  get digest(): ContentDigest {
    const match = /(?:^|\n)Message-ID:\s*(?:\r?\n[ \t]+)?(<[^>\r\n]*>)/i.exec(this.header)
    return {
      whole: this.whole.hex,
      body: (this.body ?? this.whole).hex,
      messageId: match?.[1] ?? null,
    }
  }

  /** Reads the header up to the empty line. Returns the index after it, or `to`. */
  private readHeader(bytes: Uint8Array, from: number, to: number): number {
    let at = from
    for (; at < to; at++) {
      const octet = bytes[at]
      if (octet === LF) {
        if (this.lineStart > 0) {
          this.body = new Hash()
          this.keep(bytes, from, at)
          return at + 1
        }
        this.lineStart = 1
      } else this.lineStart = octet === CR && this.lineStart === 1 ? 2 : 0
    }
    this.keep(bytes, from, to)
    return to
  }

  private keep(bytes: Uint8Array, from: number, to: number): void {
    const room = Math.min(to - from, MESSAGE_HEADER_BYTES_MAX - this.header.length)
    if (room > 0) this.header += String.fromCharCode(...bytes.subarray(from, from + room))
  }
}
