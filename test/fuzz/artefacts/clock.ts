// The clock of a whole capture: frames in their order -> the same with other times. Where the clock goes back, the
// capture shows it.
import type { Dice } from '../dice.ts'
import type { Frame } from '../frames.ts'
import { MS } from './segment.ts'

type Clock = (frames: readonly Frame[], dice: Dice) => readonly Frame[]

const JUMPS_MS = [5, 900, 3000, 60_000, 400_000]

const standsStill: Clock = (frames) => frames.map((frame) => ({ ...frame, timeUs: frames[0]?.timeUs ?? 0 }))

/** For some time no frame is later than the one before it; then it is what it would have been. */
const pauses: Clock = (frames, dice) => {
  const at = dice.below(frames.length)
  const end = at + dice.below(20)
  const timeUs = frames[at]?.timeUs ?? 0
  return frames.map((frame, i) => (i > at && i < end ? { ...frame, timeUs } : frame))
}

const coarse: Clock = (frames, dice) => {
  const unitUs = dice.pick([1, 1, 10, 1000]) * MS
  return frames.map((frame) => ({ ...frame, timeUs: frame.timeUs - (frame.timeUs % unitUs) }))
}

const stepsBack: Clock = (frames, dice) => {
  const at = dice.below(frames.length)
  const byUs = dice.pick(JUMPS_MS) * MS
  const isShown = at > 0 && timeOf(frames, at) - timeOf(frames, at - 1) < byUs
  return isShown ? frames.map((frame, i) => (i < at ? frame : { ...frame, timeUs: frame.timeUs - byUs })) : frames
}

const jumps: Clock = (frames, dice) => {
  const at = dice.below(frames.length)
  const byUs = dice.pick(JUMPS_MS) * MS
  return frames.map((frame, i) => (i < at ? frame : { ...frame, timeUs: frame.timeUs + byUs }))
}

const timeOf = (frames: readonly Frame[], i: number): number => frames[i]?.timeUs ?? 0

export const CLOCKS = { standsStill, pauses, coarse, stepsBack, jumps } satisfies Readonly<Record<string, Clock>>
