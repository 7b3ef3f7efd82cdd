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
  'tcp-relay': 'a TCP relay: separate TCP connections on both sides, the same bytes',
  'line-proxy': 'a proxy that reads the commands',
  'store-and-forward': 'a relay that stores messages before it forwards them',
  'tls-terminator': 'a TLS terminator: TLS ends in the box',
  unknown: 'a box of unknown kind',
}

/** What may be claimed of a box of that kind, and what not. */
export const CLAIMS: Readonly<Record<BoxKind, string>> = {
  path: 'Both captures show the same TCP connection. A segment that only one of them has was lost or inserted between the two capture points; the captures do not show by which device.',
  'tcp-relay':
    'The box has its own TCP connection on each side. It had to deliver, byte for byte and in both directions, what it acknowledged.',
  'line-proxy':
    'The box reads commands and may answer some itself. A command that it acknowledged but neither passed on nor answered was lost in the box. That it answered a command itself, or changed a line, is an observation and no fault: the captures do not show whether it is configured to do so.',
  'store-and-forward':
    'The box accepts a message before it sends it on in another session. The message and its recipients can be compared; greeting, EHLO and QUIT are separate on each side.',
  'tls-terminator':
    'Encrypted data can be compared by its amount only, so nothing is said about single commands or replies. With the TLS secrets of the encrypted sides (--keylog) they can be compared.',
  unknown:
    'Too little of both sides can be read to say what the box does. Only differences that both captures prove are listed.',
}

export const BY_WORDS: Readonly<Record<MatchedBy, string>> = {
  connection: 'addresses, ports and sequence numbers',
  translated: 'initial sequence numbers; the addresses are translated',
  timestamps: 'TCP timestamps of both sides; the sequence numbers are translated',
  addresses: 'addresses and ports; the sequence numbers differ',
  named: 'the client address that the box passes on',
  content: 'the content of the dialogues',
  time: 'time alone: no other session was open then',
}

export const ONLY_BEFORE = 'seen only on the client side; cannot tell whether the box answered without the server'
export const ONLY_BEHIND = 'seen only on the server side; cannot tell whether the box itself was the client'
export const AMBIGUOUS = 'more than one session on the other side would fit; cannot tell which'

/** When no session of one side was found on the other: what to check, the likeliest cause first. */
export function nothingPaired({ sessions }: Pick<Comparison, 'sessions'>, captures: ComparedCaptures): string {
  const empty = (['before', 'behind'] as const).filter((side) => sessions[side] === 0)
  if (empty.length > 0) {
    const names = empty.map((side) => NAMES[side]).join(' and the ')
    return `nothing was compared: the ${names} has no SMTP session; check that these are the right files, and that the capture filter and --port include the ports of that side`
  }
  const [here, there] = [spanOf(captures.before), spanOf(captures.behind)]
  const apart =
    here !== null && there !== null && (here[1] < there[0] || there[1] < here[0])
      ? `the captures do not overlap in time (client side ${here.join(' to ')}, server side ${there.join(' to ')}), so check the times and the clocks first; then `
      : 'check how far the clocks of the two captures differ; '
  return `nothing was compared: no session of the client side was found on the server side; ${apart}check that both captures are of the same box, and that there is no other address translation or proxy in between`
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

const SIDE_WORDS = { before: 'on the client side', behind: 'on the server side', both: 'on both sides' }

function reasonOf(side: Reason['side'], code: Reason['code']): string {
  if (code === 'too-different') return 'the two sides have too little in common'
  if (code === 'encrypted') return `the dialogue is encrypted ${SIDE_WORDS[side]}`
  if (code === 'by-time-alone') return 'only their times suggest that these sessions belong together'
  return `${SIDE_WORDS[side]}, ${LIMIT_WORDS[code]} (${code})`
}

/** How many sessions were seen on both sides, and how many of them have which outcome. */
export function totalWords({ pairs, same, different, cannotTell }: Comparison['summary']): string {
  const parts = [
    ...(same > 0 ? [`${decimal(same)} the same`] : []),
    ...(different > 0 ? [`${decimal(different)} different`] : []),
    ...(cannotTell > 0 ? [`${decimal(cannotTell)} where pipelint cannot tell`] : []),
  ]
  return `${counted(pairs, 'session')} seen on both sides: ${parts.join(', ')}.`
}

/** By how much the clocks differ, where they do, and how that is known. */
export function clockWords({ clock: { aheadMs, basis }, pairs }: Comparison['summary']): string[] {
  if (basis === 'equal' || pairs === 0) return []
  const time = intervalWords(Math.abs(aheadMs))
  const differ = `the clock of the server side is ${time} ${aheadMs > 0 ? 'ahead' : 'behind'}`
  if (basis === 'measured') return [`${capital(differ)}.`]
  if (basis === 'guessed') return [`It is a guess that ${differ}: no two sessions are certain to belong together.`]
  return [
    `Either ${differ}, or the box holds everything for that long before it forwards it: the captures do not show which.`,
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
  return [`Not compared: ${counted(notCompared, 'session')}, because pipelint reached one of its own limits.`]
}
