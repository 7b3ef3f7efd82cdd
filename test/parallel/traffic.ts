// Some sessions of few clients -> frames in the order of time, by seed.
import { RULES } from '../../src/rules/index.ts'
import { type Envelope, type Frame, toFrames } from '../support/envelopes.ts'
import { toSegments } from '../support/packets.ts'
import { parseTranscript } from '../support/transcript.ts'

const dice = (seed: number) => {
  let state = seed
  return (below: number) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0
    return (state >>> 8) % below
  }
}
const transcripts = RULES.flatMap(({ violates, conforms }) => [violates, conforms])

/**
 * Some sessions of few clients, so that ports are used again, at times that overlap, some packets lost or late, some by
 * minutes.
 */
export function scene(seed: number, envelope: Envelope): Frame[] {
  const roll = dice(seed)
  const frames: Frame[] = []
  for (let n = 0; n < 24; n++) {
    const text = transcripts[roll(transcripts.length)] as string
    const client = `client 192.0.2.${1 + roll(3)}:${1000 + roll(3)}`
    const transcript = parseTranscript(text, [client, ...(roll(4) === 0 ? ['no-close'] : [])])
    const shape = {
      ...(roll(3) === 0 && { segmentSize: 3 + roll(20) }),
      ...(roll(4) === 0 && { shuffle: roll(1000) }),
      ...(roll(4) === 0 && { duplicate: roll(1000) }),
      ...(roll(2) === 0 && { initial: [roll(4) * 1000, 77 + roll(4) * 1000] as const }),
    }
    const startNs = roll(400) * 1_000_000_000
    for (const frame of toFrames(toSegments(transcript, shape), transcript, envelope)) {
      if (roll(50) > 0) frames.push({ ...frame, timeNs: frame.timeNs + startNs })
      // And some come again when the ports are long used by another.
      if (roll(40) === 0) frames.push({ ...frame, timeNs: frame.timeNs + roll(400) * 1_000_000_000 })
    }
  }
  return frames.sort((a, b) => a.timeNs - b.timeNs)
}
