// Everything that can go wrong, one closed union, one sentence each. What comes in: the facts of a failure.
// What goes out: an error object that the front door turns into one line and an exit code.

/** Why a capture could not be read, or not to its end. */
export type CaptureProblemCode =
  | 'empty' // no bytes at all
  | 'not-a-capture' // the first bytes are of no format that is known
  | 'cut-off' // the file ends inside a header, record or block
  | 'corrupt' // a length or a field contradicts the rest
  | 'unsupported' // a format, version or compression that is known and not read
  | 'unreadable' // the operating system refuses
  | 'interrupted' // the user wanted no more to be read
  | OddityCode

/** What is strange about packets that were read all the same. The first of its kind is told, with how many there were. */
export type OddityCode =
  | 'clock-back' // a packet is older than the one before it
  | 'empty-packet' // not one byte of it was captured
  | 'snapped' // the snapshot length cut it

/** A capture that could not be read to its end. Offsets and sizes are in bytes of the file. */
export interface CaptureProblem {
  readonly code: CaptureProblemCode
  readonly path: string
  readonly fileOffset: number
  /** Bytes that were needed there and bytes that were there; null where the problem is not about a length. */
  readonly needed: number | null
  readonly available: number | null
  /** Which field said so: `pcap record length`, `pcapng block length`, …; or what else is known. */
  readonly accordingTo: string
}

/** The sentence for a capture problem: what, where, and according to which field. */
export function describeCaptureProblem(problem: CaptureProblem): string {
  const { code, fileOffset, needed, available, accordingTo } = problem
  switch (code) {
    case 'empty':
      return 'the file is empty'
    case 'not-a-capture':
      return `not a capture: ${accordingTo}`
    case 'cut-off':
      return `cut off at byte ${fileOffset}: ${accordingTo} needs ${needed} bytes, but ${available} remain`
    case 'corrupt':
      return `corrupt at byte ${fileOffset}: ${accordingTo}`
    case 'unsupported':
      return `not supported at byte ${fileOffset}: ${accordingTo}`
    case 'unreadable':
      return `cannot be read at byte ${fileOffset}: ${accordingTo}`
    case 'interrupted':
      return `read up to byte ${fileOffset} only: interrupted`
    case 'clock-back':
    case 'empty-packet':
    case 'snapped':
      return `${accordingTo}, the first at byte ${fileOffset}`
  }
}

/** Thrown by `capture/` only. Everything before the break has been handed on. */
export class CaptureError extends Error {
  readonly problem: CaptureProblem
  constructor(problem: CaptureProblem) {
    super(`${problem.path}: ${describeCaptureProblem(problem)}`)
    this.name = 'CaptureError'
    this.problem = problem
  }
}

/** Wrong usage: an unknown option, no such file, a value that makes no sense. Ends the program with 2. */
export class UsageError extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'UsageError'
  }
}

/** The result could not be delivered. Ends the program with 4. */
export class DeliveryError extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'DeliveryError'
  }
}
