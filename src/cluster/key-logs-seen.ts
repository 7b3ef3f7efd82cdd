// The key logs inside captures, as of the packet that was read last.
export class KeyLogsSeen {
  /** Whether there were any in front of the packet that was taken last. */
  any = false
  private readonly followed: (readonly string[])[] = []
  private taken = 0

  follow(keyLogs: readonly string[]): void {
    this.followed.push(keyLogs)
  }

  get haveGrown(): boolean {
    return this.count > this.taken
  }

  /** Those of now precede the packet. Whether there are more than before. */
  take(): boolean {
    const { count } = this
    if (count === this.taken) return false
    this.taken = count
    this.any = true
    return true
  }

  private get count(): number {
    let count = 0
    for (const { length } of this.followed) count += length
    return count
  }
}
