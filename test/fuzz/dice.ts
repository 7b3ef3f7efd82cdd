// Chance by seed: the same seed gives the same inputs on every machine.

export class Dice {
  private state: number

  constructor(seed: number) {
    // Neighbouring seeds must not give neighbouring numbers.
    this.state = Math.imul(seed + 1, 0x9e3779b1) || 1
    for (let i = 0; i < 8; i++) this.below(2)
  }

  /** An integer in [0, n): xorshift32. */
  below(n: number): number {
    let { state } = this
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    this.state = state
    return (state >>> 0) % n
  }

  /** True once in `n` times. */
  once(n: number): boolean {
    return this.below(n) === 0
  }

  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)] as T
  }

  /** An integer that sits where lengths and counters break. */
  odd(): number {
    return this.pick([0, 1, 2, 3, 7, 15, 16, 0x7f, 0x80, 0xff, 0x100, 0x7fff, 0xffff, 0x10000, 0x7fffffff, 0xffffffff])
  }
}
