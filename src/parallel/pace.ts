// Keeps the threads that read the same captures together, in steps of some windows: reports of a thread that is ahead
// wait in memory. And stops them all at the same step.
import { STEPS_AHEAD_MAX } from '../limits.ts'

/** Whether the next step may begin. */
export interface Pace {
  /** Steps count from 1. False: the captures are read no further. */
  begins(step: number): boolean | Promise<boolean>
}

// Numbers that the threads share:
/** The step that the main thread has begun. */
const MAIN = 0
/** The step at which all stop. */
const STOP = 1
const NEVER = 0x7fffffff

export class SharedPace {
  readonly memory: SharedArrayBuffer
  private readonly numbers: Int32Array

  /** `memory`: that of the main thread; it makes it itself. */
  constructor(memory?: SharedArrayBuffer) {
    this.memory = memory ?? new SharedArrayBuffer(2 * Int32Array.BYTES_PER_ELEMENT)
    this.numbers = new Int32Array(this.memory)
    if (memory === undefined) this.numbers[STOP] = NEVER
  }

  /** The main thread begins a step. */
  begin(step: number): boolean {
    Atomics.store(this.numbers, MAIN, step)
    Atomics.notify(this.numbers, MAIN)
    return step < Atomics.load(this.numbers, STOP)
  }

  /** The main thread has read all: the others read all, too. */
  end(): void {
    this.begin(NEVER - STEPS_AHEAD_MAX - 1)
  }

  /** All threads stop before the first step that none of them can have begun. */
  stop(): void {
    const step = Atomics.load(this.numbers, MAIN) + STEPS_AHEAD_MAX + 1
    Atomics.compareExchange(this.numbers, STOP, NEVER, step)
  }

  /** Another thread waits until it may begin a step: it has nothing else to do. */
  begins(step: number): boolean {
    for (;;) {
      const main = Atomics.load(this.numbers, MAIN)
      if (step >= Atomics.load(this.numbers, STOP)) return false
      if (step <= main + STEPS_AHEAD_MAX) return true
      Atomics.wait(this.numbers, MAIN, main)
    }
  }
}
