// The words for what a comparison found, the same on a terminal and in a document.
import type { BoxKind } from '../../compare/box-kind.ts'
import type { Comparison } from '../../compare/comparison.ts'
import type { Difference, Place, Reason, Sighting } from '../../compare/difference.ts'
import type { MatchedBy } from '../../compare/matches.ts'
import { counted, decimal, LIMIT_WORDS } from '../format-text.ts'
import { byGravity } from './comparison-excerpt.ts'
import type { ComparedCaptures } from './comparison-json.ts'

export const PLACE_WORDS: Readonly<Record<Place, string>> = {
  before: 'before the box',
  in: 'in the box',
  behind: 'behind the box',
}

export const BOX_WORDS: Readonly<Record<BoxKind, string>> = {
  path: 'the same TCP connection on both sides: a router, a firewall or a second tap',
  'tcp-relay': 'a TCP relay: a connection of its own on each side, the same bytes',
  'line-proxy': 'a proxy that reads the commands',
  'store-and-forward': 'a relay that stores messages before it forwards them',
  'tls-terminator': 'a TLS terminator: TLS ends in the box',
  unknown: 'a box of unknown kind',
}

/** What may be claimed of a box of that kind, and what not. */
export const CLAIMS: Readonly<Record<BoxKind, string>> = {
  path: 'Both captures show one TCP connection. A segment that only one of them has was lost, or made, between the two capture points; which device there did it cannot be told.',
  'tcp-relay':
    'The box has a TCP connection of its own on each side. What it acknowledged was its to deliver, byte for byte, in both directions.',
  'line-proxy':
    'The box reads commands and may answer some itself. What it acknowledged and neither passed on nor answered, it lost. A command that it answered itself, or a line that it changed, is told as a fact; whether its configuration says so cannot be told.',
  'store-and-forward':
    'The box takes a message before it sends it on, in another session. The message and its recipients can be compared; greeting, EHLO and QUIT are its own on each side.',
  'tls-terminator':
    'What is encrypted on either side can be compared by its amount only. Nothing is claimed of single commands or replies. With --keylog both sides can be read.',
  unknown:
    'Too little of both sides can be read to say what the box does. Only what both captures show for certain is told.',
}

export const BY_WORDS: Readonly<Record<MatchedBy, string>> = {
  connection: 'addresses, ports and sequence numbers',
  translated: 'initial sequence numbers; the addresses are translated',
  timestamps: 'TCP timestamps of both sides; the sequence numbers are translated',
  addresses: 'addresses and ports; the sequence numbers differ',
  named: 'the client address that the box passes on',
  content: 'what both sides say',
  time: 'time alone: no other session is open then',
}

export const ONLY_BEFORE = 'only on the side of the client; whether the box answered alone cannot be told'
export const ONLY_BEHIND = 'only on the side of the server; whether the box spoke for itself cannot be told'
export const AMBIGUOUS = 'more than one session on the other side would fit; cannot tell'

/** No session of one side was found on the other: that is no all-clear. What to check, the likeliest first. */
export function nothingPaired({ sessions }: Pick<Comparison, 'sessions'>, captures: ComparedCaptures): string {
  const empty = (['before', 'behind'] as const).filter((side) => sessions[side] === 0)
  if (empty.length > 0) {
    const names = empty.map((side) => NAMES[side]).join(' and the ')
    return `nothing was compared: the ${names} has no SMTP session; check that these are the right files, and that the filter of the capture and --port include the ports of that side`
  }
  const [here, there] = [spanOf(captures.before), spanOf(captures.behind)]
  const apart =
    here !== null && there !== null && (here[1] < there[0] || there[1] < here[0])
      ? `the captures share no moment (client side ${here.join(' to ')}, server side ${there.join(' to ')}), so check the times and the clocks first; then `
      : 'check how far the clocks of the two captures differ; '
  return `nothing was compared: no session of the client side was found on the server side; ${apart}check that both are of the same box, and that no other address translation or proxy stands in between`
}

const NAMES = { before: 'client side', behind: 'server side' }

function spanOf(captures: ComparedCaptures['before']): readonly [string, string] | null {
  const first = captures.flatMap(({ firstPacketAt }) => firstPacketAt ?? []).sort()[0]
  const last = captures
    .flatMap(({ lastPacketAt }) => lastPacketAt ?? [])
    .sort()
    .at(-1)
  return first === undefined || last === undefined ? null : [first, last]
}

/** Repeated differences are listed once, with their number; the worst first. */
export function alike(differences: readonly Difference[]): (readonly [Difference, number])[] {
  const found = new Map<string, [Difference, number]>()
  for (const difference of byGravity(differences)) {
    const key = `${difference.place} ${difference.kind} ${difference.message}`
    const known = found.get(key)
    if (known === undefined) found.set(key, [difference, 1])
    else known[1]++
  }
  return [...found.values()]
}

export function framesOf(sighting: Sighting | null): string {
  if (sighting === null) return 'not seen'
  return `${sighting.frames.length === 1 ? 'frame' : 'frames'} ${sighting.frames.join('-')}`
}

/** Why a pair could not be compared. A reason that holds for both sides is given once. */
export function reasonWords(reasons: readonly Reason[]): string[] {
  const both = (code: Reason['code']) =>
    new Set(reasons.filter((one) => one.code === code).map(({ side }) => side)).size > 1
  return [...new Set(reasons.map(({ side, code }) => reasonOf(both(code) ? 'both' : side, code)))]
}

const SIDE_WORDS = { before: 'on the side of the client', behind: 'on the side of the server', both: 'on both sides' }

function reasonOf(side: Reason['side'], code: Reason['code']): string {
  if (code === 'too-different') return 'the two sides have too little in common'
  if (code === 'encrypted') return 'the dialogue is encrypted'
  if (code === 'by-time-alone') return 'nothing but the time says that these sessions belong together'
  return `${SIDE_WORDS[side]}, ${LIMIT_WORDS[code]} (${code})`
}

/** How many sessions there are on both sides, and what became of them. */
export function totalWords({ pairs, same, different, cannotTell }: Comparison['summary']): string {
  return `${counted(pairs, 'session')} on both sides: ${decimal(same)} the same, ${decimal(different)} different, ${decimal(cannotTell)} where it cannot be told.`
}

/** By how much the clocks differ, where they do, and how that is known. */
export function clockWords({ clock: { aheadMs, basis }, pairs }: Comparison['summary']): string[] {
  if (basis === 'equal' || pairs === 0) return []
  const time = intervalWords(Math.abs(aheadMs))
  const differ = `the clock of the server side is ${time} ${aheadMs > 0 ? 'ahead' : 'behind'}`
  if (basis === 'measured') return [`${capital(differ)}.`]
  if (basis === 'guessed') return [`It was guessed that ${differ}: no session is certain to belong to another.`]
  return [
    `Either ${differ}, or the box keeps everything for so long before it forwards it: the captures do not show which.`,
  ]
}

const capital = (words: string) => words.slice(0, 1).toUpperCase() + words.slice(1)

function intervalWords(ms: number): string {
  if (ms < 120_000) return `${(ms / 1000).toFixed(1)} s`
  const minutes = Math.round(ms / 60_000)
  return minutes < 120 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`
}

export function notComparedWords({ notCompared }: Comparison['summary']): string[] {
  if (notCompared === 0) return []
  return [`${counted(notCompared, 'session')} beyond the bound of this program not compared.`]
}
