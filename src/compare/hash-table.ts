// Text -> 32-bit hashes, and a table from hashes to numbers: a million sessions are known again by numbers alone.

/** FNV-1a over UTF-16 code units, with a seed. */
export function hashText(text: string, seed = 0x811c9dc5): number {
  let hash = seed
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
  return hash ^ (hash >>> 15)
}

/** From a hash to all the numbers that were added under it, in their order. */
export class HashTable {
  private heads: Int32Array
  private readonly next: Int32Array
  private readonly hashes: Int32Array

  /** Numbers are indices below `size`. */
  constructor(size: number) {
    this.heads = new Int32Array(powerOfTwo(size * 2)).fill(-1)
    this.next = new Int32Array(size).fill(-1)
    this.hashes = new Int32Array(size)
  }

  /** The lowest number comes first when they are added from the highest on. */
  add(hash: number, number: number): void {
    const slot = hash & (this.heads.length - 1)
    this.hashes[number] = hash
    this.next[number] = this.heads[slot] as number
    this.heads[slot] = number
  }

  *at(hash: number): Iterable<number> {
    let number = this.heads[hash & (this.heads.length - 1)] as number
    for (; number >= 0; number = this.next[number] as number) if (this.hashes[number] === (hash | 0)) yield number
  }
}

function powerOfTwo(least: number): number {
  return 1 << Math.max(4, 32 - Math.clz32(least))
}
