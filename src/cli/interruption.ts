// Signals that end the process. Ctrl-C: the first one ends the reading of files; of standard input it lets what was sent come to its end, because the
// program in front of the pipe (tcpdump) got the same Ctrl-C and writes its rest. A pipe that then stays silent is not
// waited for. The next Ctrl-C stops the reading, and one after that the process. SIGTERM and SIGHUP end the process
// at once, but for a command that finishes what it has begun.
import { PIPE_SILENCE_MS } from '../limits.ts'
import { StopController, type StopSignal } from '../stop-signal.ts'
import { INTERRUPTED } from './cli-context.ts'

/** How often a pipe is looked at that is read to its end. */
const LOOK_MS = 100

export class Interruption {
  /** Aborted when the reading is to stop. */
  readonly signal = new StopController()
  private readonly exit: (code: number) => void
  private readonly onWaiting: () => void
  private isTaken = false
  private finishes = false
  /** What the process ends with when a signal has ended the command; null when none has. */
  exitCode: number | null = null
  private isReading = false
  private isDraining = false
  private lastMs = 0

  /** `exit` ends the process; `onWaiting` is called when the rest of the pipe takes long. */
  constructor(exit: (code: number) => void, onWaiting: () => void) {
    this.exit = exit
    this.onWaiting = onWaiting
  }

  /**
   * The command ends in order when the signal is aborted; else Ctrl-C ends the process. `finishes`: on SIGTERM and SIGHUP
   * as well.
   */
  take(finishes = false): StopSignal {
    this.isTaken = true
    this.finishes = finishes
    return this.signal
  }

  /** The chunks of standard input, watched. */
  async *following(input: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    this.isReading = true
    try {
      for await (const chunk of input) {
        this.lastMs = performance.now()
        yield chunk
      }
    } finally {
      this.isReading = false
    }
  }

  /** Called for each Ctrl-C. */
  onSignal(): void {
    if (this.signal.aborted) this.exit(INTERRUPTED)
    else if (this.isReading && !this.isDraining) this.drain()
    else this.stop()
  }

  /** SIGTERM or SIGHUP. `code`: 128 + the number of the signal, as in shells. */
  onTermination(code: number): void {
    if (!this.finishes || this.signal.aborted) this.exit(code)
    else {
      this.exitCode = code
      this.stop()
    }
  }

  private stop(): void {
    if (this.isTaken) this.signal.abort()
    else this.exit(INTERRUPTED)
  }

  private drain(): void {
    this.isDraining = true
    this.lastMs = performance.now()
    let isTold = false
    const timer = setInterval(() => {
      if (!this.isReading || this.signal.aborted) return clearInterval(timer)
      if (!isTold) this.onWaiting()
      isTold = true
      if (performance.now() - this.lastMs < PIPE_SILENCE_MS) return
      clearInterval(timer)
      this.stop()
    }, LOOK_MS)
    timer.unref()
  }
}
