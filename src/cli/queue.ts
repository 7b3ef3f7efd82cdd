// Texts in the order in which they are added -> few writes, one at a time.
import type { Sink } from './sink.ts'

/** Characters that are collected before they are written. */
const PIECE_CHARACTERS = 65_536

export class Queue {
  private readonly sink: Sink
  private waiting = ''
  private written: Promise<void> = Promise.resolve()

  constructor(sink: Sink) {
    this.sink = sink
  }

  /** What is returned settles when everything handed to the sink so far is written. */
  add(text: string): Promise<void> {
    this.waiting += text
    return this.waiting.length < PIECE_CHARACTERS ? this.written : this.flush()
  }

  flush(): Promise<void> {
    const piece = this.waiting
    this.waiting = ''
    this.written = this.written.then(() => this.sink.write(piece))
    // Whoever waits for a later piece hears of it too; until then it is no unhandled rejection.
    this.written.catch(() => {})
    return this.written
  }
}
