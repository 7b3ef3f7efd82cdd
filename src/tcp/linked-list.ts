// A doubly linked list in order of insertion. Entries can be removed in constant time and are in at most one list.

export interface Linked<T extends Linked<T>> {
  list: LinkedList<T> | null
  older: T | null
  newer: T | null
}

export class LinkedList<T extends Linked<T>> {
  first: T | null = null
  private last: T | null = null
  /** The one that was added last in front of others. */
  private latest: T | null = null
  size = 0

  /**
   * Adds an entry after all others, or after those for which `isOlder` is true, and removes it from its former list.
   * Those are the first ones of the list. Entries that are added one after the other belong near each other: it takes
   * no time there, nor at either end.
   */
  add(entry: T, isOlder: (other: T) => boolean = () => true): void {
    entry.list?.remove(entry)
    const older = this.last === null || isOlder(this.last) ? this.last : this.search(isOlder)
    const newer = older === null ? this.first : older.newer
    entry.list = this
    entry.older = older
    entry.newer = newer
    if (older === null) this.first = entry
    else older.newer = entry
    if (newer === null) this.last = entry
    else {
      newer.older = entry
      this.latest = entry
    }
    this.size++
  }

  /** The last entry for which it is true. */
  private search(isOlder: (other: T) => boolean): T | null {
    if (this.first === null || !isOlder(this.first)) return null
    let older = this.latest ?? this.last
    while (older !== null && !isOlder(older)) older = older.older
    for (let newer = older?.newer ?? null; newer !== null && isOlder(newer); newer = newer.newer) older = newer
    return older
  }

  /** Removes an entry of this list. */
  remove(entry: T): void {
    const { older, newer } = entry
    if (this.latest === entry) this.latest = older ?? newer
    if (older === null) this.first = newer
    else older.newer = newer
    if (newer === null) this.last = older
    else newer.older = older
    entry.list = null
    entry.older = null
    entry.newer = null
    this.size--
  }
}
