// A list that is emptied without giving up its room: one serves all groups of a session, so that a group costs no list.

export class ReusableArray<T> {
  private readonly items: T[] = []
  length = 0

  push(item: T): void {
    this.items[this.length++] = item
  }

  /** The item at a place that exists. */
  at(index: number): T {
    return this.items[index] as T
  }

  get last(): T | undefined {
    return this.length === 0 ? undefined : this.items[this.length - 1]
  }

  /** A copy that may be kept. */
  list(): T[] {
    return this.items.slice(0, this.length)
  }

  clear(): void {
    this.length = 0
  }

  /** Holds these items instead. */
  refill(items: readonly T[]): void {
    this.clear()
    for (const item of items) this.push(item)
  }
}
