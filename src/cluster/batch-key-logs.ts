// The key logs inside captures, as of the packet that was read last.

/** Key logs inside captures, as far as they precede the packet that was read last. */
export class KeyLogs {
  upTo: readonly string[] = []
  private readonly followed: (readonly string[])[] = []
  private readonly taken: number[] = []

  follow(keyLogs: readonly string[]): void {
    this.followed.push(keyLogs)
    this.taken.push(0)
  }

  get haveGrown(): boolean {
    for (let i = 0; i < this.followed.length; i++) {
      if ((this.followed[i] as readonly string[]).length > (this.taken[i] as number)) return true
    }
    return false
  }

  take(): void {
    if (!this.haveGrown) return
    this.followed.forEach((keyLogs, i) => {
      this.upTo = [...this.upTo, ...keyLogs.slice(this.taken[i])]
      this.taken[i] = keyLogs.length
    })
  }
}
