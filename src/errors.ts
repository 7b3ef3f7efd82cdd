// All errors: one closed union of codes, one sentence for each. `cli/main.ts` prints them as one line and sets the exit
// code.

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

/** Packets that are unusual but readable. The first of each kind is reported with the number of its kind. */
export type OddityCode =
  | 'clock-back' // a packet is older than the one before it
  | 'empty-packet' // not one byte of it was captured
  | 'snapped' // the snapshot length cut it

/** Why a capture could not be read to its end. Offsets and sizes are in bytes of the file. */
export interface CaptureProblem {
  readonly code: CaptureProblemCode
  readonly path: string
  readonly fileOffset: number
  /** Bytes needed and bytes available at that offset; null where the error is not about a length. */
  readonly needed: number | null
  readonly available: number | null
  /** The field that the error rests on: `pcap record length`, `pcapng block length`, or another source. */
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

/** Thrown by `capture/` only, after all packets before the error were handed on. */
export class CaptureError extends Error {
  readonly problem: CaptureProblem
  constructor(problem: CaptureProblem) {
    super(`${problem.path}: ${describeCaptureProblem(problem)}`)
    this.name = 'CaptureError'
    this.problem = problem
  }
}

/** Wrong usage: an unknown option, a missing file, an invalid value. Exit code 2. */
export class UsageError extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'UsageError'
  }
}

/** The result could not be delivered. Exit code 4. */
export class DeliveryError extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'DeliveryError'
  }
}
