// How the frames of a dialogue are named when there are several captures: by the number in their file, with the file said
// once if it is the same for all of them.
import type { FileFrames } from '../file-frames.ts'

export interface FrameNames {
  /** The file of all frames; null when there is one capture only, or the frames lie in several. */
  readonly file: string | null
  /** The number to show. */
  number(frame: number): number
  /** The file and the number there, as in `b.pcap #3`; undefined when the number is enough. */
  place(frame: number): string | undefined
}

const AS_THEY_ARE: FrameNames = { file: null, number: (frame) => frame, place: () => undefined }

export function frameNames(files: FileFrames | null, frames: readonly number[]): FrameNames {
  if (files === null) return AS_THEY_ARE
  const split = (frame: number) => {
    const label = files.label(frame)
    const at = label.lastIndexOf('#')
    return { file: label.slice(0, at).trimEnd(), number: Number(label.slice(at + 1)) }
  }
  const names = new Set(frames.map((frame) => split(frame).file))
  const [file] = names
  if (file === undefined || file === '' || names.size > 1)
    return { file: null, number: (frame) => frame, place: (frame) => files.label(frame) }
  return { file, number: (frame) => split(frame).number, place: () => undefined }
}
