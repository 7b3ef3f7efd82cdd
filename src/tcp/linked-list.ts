// A doubly linked list in order of insertion. Entries can be removed in constant time and are in at most one list.

export interface Linked<T extends Linked<T>> {
  list: LinkedList<T> | null
  older: T | null
  newer: T | null
}

export class LinkedList<T extends Linked<T>> {
  first: T | null = null
  private last: T | null = null
  size = 0

  /**
   * Adds an entry after all others, or after those for which `isOlder` is true, and removes it from its former list.
   * `near`: an entry near that position, from which to search.
   */
  add(entry: T, isOlder: (other: T) => boolean = () => true, near: T | null = this.last): void {
    entry.list?.remove(entry)
    let older = near?.list === this ? near : this.last
    while (older !== null && !isOlder(older)) older = older.older
    let newer = older === null ? this.first : older.newer
    for (; newer !== null && isOlder(newer); newer = newer.newer) older = newer
    entry.list = this
    entry.older = older
    entry.newer = newer
    if (older === null) this.first = entry
    else older.newer = entry
    if (newer === null) this.last = entry
    else newer.older = entry
    this.size++
  }

  /** Removes an entry of this list. */
  remove(entry: T): void {
    const { older, newer } = entry
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
