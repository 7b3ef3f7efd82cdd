// What stops a reading: an AbortSignal, or the like of it. The first AbortController of a process has Node load and compile
// its events, which takes as long as judging a few sessions: commands have one of their own.

export interface StopSignal {
  /** Whether the reading is to stop. */
  readonly aborted: boolean
  /** The listener is called when `aborted` becomes true. */
  addEventListener(type: 'abort', listener: () => void): void
  removeEventListener(type: 'abort', listener: () => void): void
}

export class StopController implements StopSignal {
  aborted = false
  private readonly listeners = new Set<() => void>()

  abort(): void {
    if (this.aborted) return
    this.aborted = true
    for (const listener of this.listeners) listener()
    this.listeners.clear()
  }

  addEventListener(_: 'abort', listener: () => void): void {
    this.listeners.add(listener)
  }

  removeEventListener(_: 'abort', listener: () => void): void {
    this.listeners.delete(listener)
  }
}
