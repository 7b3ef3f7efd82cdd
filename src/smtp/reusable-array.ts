// An array that is cleared without freeing its memory. One instance serves all groups of a session, so that a group
// allocates no array.

export class ReusableArray<T> {
  private readonly items: T[] = []
  length = 0

  push(item: T): void {
    this.items[this.length++] = item
  }

  /** `index` must be below `length`. */
  at(index: number): T {
    return this.items[index] as T
  }

  get last(): T | undefined {
    return this.length === 0 ? undefined : this.items[this.length - 1]
  }

  /** A copy that the caller may keep. */
  list(): T[] {
    return this.items.slice(0, this.length)
  }

  clear(): void {
    this.length = 0
  }

  /** Replaces the contents by `items`. */
  refill(items: readonly T[]): void {
    this.clear()
    for (const item of items) this.push(item)
  }
}
