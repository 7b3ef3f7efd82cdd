// Several transcripts -> one capture, each at its own time. Frames are in order of time, as a capture has them.
import { type Frame, linkTypeOf, toFrames } from './envelopes.ts'
import { toFile } from './files.ts'
import { toSegments } from './packets.ts'
import type { Transcript } from './transcript.ts'

const NS_PER_US = 1000

export function toCollection(transcripts: readonly Transcript[]): Buffer {
  const startUs = Math.min(...transcripts.map((transcript) => transcript.startUs))
  const frames = transcripts.flatMap((transcript): Frame[] => {
    const laterNs = (transcript.startUs - startUs) * NS_PER_US
    return toFrames(toSegments(transcript, {}), transcript, 'ethernet').map(({ timeNs, bytes }) => ({
      timeNs: timeNs + laterNs,
      bytes,
    }))
  })
  frames.sort((a, b) => a.timeNs - b.timeNs)
  return toFile(frames, linkTypeOf('ethernet'), startUs)
}
