// What many items have in common, each written once: the frequent ones get the shortest numbers.
import { digits } from './digits.ts'

export type Head = readonly (string | number)[]

export class Heads {
  private readonly known = new Map<string, number>()
  private readonly heads: Head[] = []
  private readonly uses: number[] = []

  /** The number of the head until all are known. */
  use(head: Head): number {
    const key = head.join('\n')
    let index = this.known.get(key)
    if (index === undefined) {
      index = this.heads.length
      this.known.set(key, index)
      this.heads.push(head)
      this.uses.push(0)
    }
    this.uses[index] = (this.uses[index] as number) + 1
    return index
  }

  /** The heads, the most frequent first, and how each is written. */
  ranked(): { readonly heads: readonly Head[]; readonly digitsOf: readonly string[] } {
    const order = [...this.heads.keys()].sort((a, b) => (this.uses[b] as number) - (this.uses[a] as number) || a - b)
    const digitsOf: string[] = []
    for (const [rank, index] of order.entries()) digitsOf[index] = digits(rank)
    return { heads: order.map((index) => this.heads[index] as Head), digitsOf }
  }
}
