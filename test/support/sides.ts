// Conversations as both sides of a proxy saw them -> the comparison of the two.
import { analyze } from '../../src/analyze.ts'
import { type Comparison, compareSides, Side } from '../../src/compare/comparison.ts'
import { toCapture } from './judge.ts'
import { type Conversation, type Gap, transcriptOf } from './proxy.ts'
import type { Transcript } from './transcript.ts'

/** What is kept of one side: each transcript is a capture of its own. */
export async function sideOf(transcripts: readonly Transcript[]): Promise<Side> {
  const side = new Side()
  const captures = transcripts.map((transcript, i) => {
    async function* bytes(): AsyncIterable<Uint8Array> {
      yield toCapture(transcript)
    }
    return { name: `${i}.pcap`, bytes: bytes() }
  })
  await analyze(captures, { dialogues: true, keepSessions: 'none', onSession: (report) => side.add(report) })
  return side
}

/** Both sides have addresses of their own, and clocks that disagree by 37 seconds. */
export const client = (n: number) => [
  `client 192.0.2.${1 + (n % 250)}:${49152 + n}`,
  'server 198.51.100.1:25',
  start(n, 0),
]
export const server = (n: number) => [
  `client 10.0.0.1:${20000 + ((n * 7) % 1000)}`,
  'server 10.0.0.2:10025',
  start(n, 37),
]
const start = (n: number, ahead: number) => `start ${new Date(Date.UTC(2010, 10, 28, 7, n, ahead)).toISOString()}`

export interface Played {
  readonly before: Conversation
  readonly behind: Conversation
}

export async function compared(
  played: readonly Played[],
  lost: { before?: Gap; behind?: Gap } = {},
): Promise<Comparison> {
  const before = await sideOf(played.map((each, n) => transcriptOf(each.before, client(n), lost.before ?? null)))
  const behind = await sideOf(played.map((each, n) => transcriptOf(each.behind, server(n), lost.behind ?? null)))
  return compareSides(before, behind, false)
}
