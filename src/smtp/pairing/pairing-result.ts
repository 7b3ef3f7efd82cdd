// Determines which reply of a group answers which unit, how certain that is, and which replies came late or never.
// Also describes a settled group in one line, for PIPELINT_DEBUG.

import { isTooEarly, type PendingCommand } from '../pending-command.ts'
import type { Group, Reply } from '../records.ts'
import { type Alignment, align, countingIsImpossible } from './pairing-alignment.ts'
import { suspectedPermutation } from './permuted-replies.ts'
import { isHard, isPossible, MARGIN, ReplyText, UnitText, weigh } from './reply-evidence.ts'

export function describePairing({ index, exchanges, surplus, reading }: Group): string {
  const pairs = exchanges.map(
    ({ command, replies }) => `${command.verb} ${replies.map(({ code }) => code).join('+') || '-'}`,
  )
  const notes = [
    reading.countable ? '' : 'replies cannot be counted here',
    surplus.length === 0 ? '' : `extra replies: ${surplus.map(({ code }) => code).join(', ')}`,
    reading.overtaker === null
      ? ''
      : `the reply to ${reading.overtaker.command.verb} is certain, and replies before it are missing`,
  ]
  return [`group ${index} by ${reading.by}: ${pairs.join(', ')}`, ...notes.filter((note) => note !== '')].join('; ')
}

/** The last frame of the units and replies of the group. */
export function lastFrameOf({ exchanges, replies }: Group): number {
  return Math.max(
    0,
    ...[...exchanges.map(({ command }) => command), ...replies].slice(-64).map(({ at }) => at.lastFrame),
  )
}

/** A group that is over, before its units are converted to records. */
export interface SettledGroup {
  readonly units: readonly PendingCommand[]
  readonly replies: readonly Reply[]
  readonly assignment: Assignment
  readonly countable: boolean
  /**
   * The preceding unit, when this is a later part of a long group: the first unit may have been sent without waiting
   * for the reply to it.
   */
  readonly before: {
    readonly unit: PendingCommand
    readonly replies: readonly Reply[]
  } | null
}

/** Indices into the group's units. `given[u]` are the replies of unit u. */
export interface Assignment {
  readonly by: 'counting' | 'alignment'
  readonly given: readonly (readonly Reply[])[]
  readonly sure: readonly boolean[]
  readonly surplus: readonly Reply[]
  readonly overtaker: number
  readonly overtaken: readonly number[]
  readonly overtakenAtLeast: number
  readonly hard: boolean
  readonly permuted: readonly number[]
}

export const NO_OVERTAKING = {
  overtaker: -1,
  overtaken: [],
  overtakenAtLeast: 0,
  hard: false,
  permuted: [],
} as const

/** Whether some units have fewer replies than they are owed. */
export function isShort({ given }: Assignment, units: readonly PendingCommand[]): boolean {
  for (let u = 0; u < units.length; u++) {
    const { optional, owed } = units[u] as PendingCommand
    if (!optional && (given[u] as readonly Reply[]).length < owed) return true
  }
  return false
}

/** The assignment of replies by counting, which holds unless something contradicts it. */
export function byCounting(units: readonly PendingCommand[], surplus: readonly Reply[]): Assignment {
  const given = units.map((unit) => unit.replies)
  return {
    by: 'counting',
    given,
    sure: units.map(() => true),
    surplus,
    ...NO_OVERTAKING,
    permuted: suspectedPermutation(units, given),
  }
}

/**
 * Assigns by counting, but leaves out a 421 when there is one reply too many: the 421 answered no command (RFC 5321
 * section 3.8), and the replies after it move up by one. Null when that does not explain the group.
 */
export function countingWithout421(units: readonly PendingCommand[], replies: readonly Reply[]): Assignment | null {
  const farewell = replies.find(({ code }) => code === 421)
  const slots = slotsOf(units)
  const others = replies.filter((reply) => reply !== farewell)
  if (farewell === undefined || others.length !== slots.length) return null
  if (!slots.every((u, r) => fitsUnit(units[u] as PendingCommand, others[r] as Reply))) return null
  return { ...inOrder(units, slots, others), surplus: [farewell] }
}

/** For each reply that is owed, the index of its unit. */
function slotsOf(units: readonly PendingCommand[]): number[] {
  const slots: number[] = []
  for (let u = 0; u < units.length; u++) for (let i = (units[u] as PendingCommand).owed; i > 0; i--) slots.push(u)
  return slots
}

/** Assigns by alignment, for a group in which counting has failed or replies are missing. Null when it is too large. */
export function byAlignment(units: readonly PendingCommand[], replies: readonly Reply[]): Assignment | null {
  const slots = slotsOf(units)
  const permutation = permute(units, slots, replies)
  if (permutation !== null) return permutation
  if (slots.length === replies.length) return inOrder(units, slots, replies)
  const asked = units.map((unit) => new UnitText(unit))
  const said = replies.map((reply) => new ReplyText(reply))
  const alignment = align(
    slots.length,
    replies.length,
    (slot, r) => weigh(asked[slots[slot] as number] as UnitText, said[r] as ReplyText),
    (slot) => (units[slots[slot] as number] as PendingCommand).optional,
    MARGIN,
  )
  return alignment === null ? null : fromAlignment(units, slots, replies, alignment)
}

/**
 * As many replies as owed, one of them with an unusual code: the server has its own idea of that code, unless the texts
 * of two replies are swapped.
 */
function inOrder(units: readonly PendingCommand[], slots: readonly number[], replies: readonly Reply[]): Assignment {
  const given: Reply[][] = units.map(() => [])
  for (const [slot, u] of slots.entries()) given[u]?.push(replies[slot] as Reply)
  const permuted = suspectedPermutation(units, given)
  return {
    by: 'counting',
    given,
    sure: units.map((_, u) => !permuted.includes(u)),
    surplus: [],
    ...NO_OVERTAKING,
    permuted,
  }
}

function fromAlignment(
  units: readonly PendingCommand[],
  slots: readonly number[],
  replies: readonly Reply[],
  alignment: Alignment,
): Assignment {
  const { replyOf, best, ifAnswered, ifUnanswered } = alignment
  const given: Reply[][] = []
  const sure: boolean[] = []
  for (let u = 0; u < units.length; u++) {
    given.push([])
    sure.push(true)
  }
  const isUsed: boolean[] = []
  for (let slot = 0; slot < slots.length; slot++) {
    const u = slots[slot] as number
    const r = replyOf[slot] as number
    const other = r >= 0 ? ifUnanswered[slot] : ifAnswered[slot]
    if ((other as number) - best < MARGIN) sure[u] = false
    if (r < 0) continue
    isUsed[r] = true
    given[u]?.push(replies[r] as Reply)
  }
  const surplus: Reply[] = []
  for (let r = 0; r < replies.length; r++) if (isUsed[r] !== true) surplus.push(replies[r] as Reply)
  const overtaking = findOvertaker(units, slots, alignment)
  // The order contradicts nothing: the replies answer the first units.
  if (overtaking.overtaker < 0 && slots.every((_, s) => replyOf[s] === (s < replies.length ? s : -1))) sure.fill(true)
  return {
    by: 'alignment',
    given,
    sure,
    surplus,
    ...overtaking,
    hard: overtaking.overtaker >= 0 && countingIsImpossible(alignment),
    permuted: [],
  }
}

/** Finds the first unit that is certainly answered after all the unanswered ones. */
function findOvertaker(
  units: readonly PendingCommand[],
  slots: readonly number[],
  alignment: Alignment,
): { overtaker: number; overtaken: number[]; overtakenAtLeast: number } {
  const { replyOf, best, ifUnanswered, latestReply } = alignment
  const mayLack = (s: number) => (replyOf[s] as number) < 0 || (ifUnanswered[s] as number) - best < MARGIN
  let found = -1
  let atLeast = 0
  let optional = 0
  for (let slot = 0; slot < slots.length; slot++) {
    const lost = slot - optional - (latestReply[slot] as number)
    if (units[slots[slot] as number]?.optional) optional++
    else if (!mayLack(slot) && lost > atLeast) {
      found = slot
      atLeast = lost
    }
  }
  if (found < 0) return { overtaker: -1, overtaken: [], overtakenAtLeast: 0 }
  const overtaken = slots.filter((u, s) => s < found && mayLack(s) && !units[u]?.optional)
  return {
    overtaker: slots[found] as number,
    overtaken: [...new Set(overtaken)],
    overtakenAtLeast: atLeast,
  }
}

/**
 * Tries to explain a group with as many replies as owed by another order of the replies. Requires that counting pairs
 * two replies with units that cannot cause them, or one reply whose code only a later unit can cause.
 */
function permute(
  units: readonly PendingCommand[],
  slots: readonly number[],
  replies: readonly Reply[],
): Assignment | null {
  if (slots.length !== replies.length) return null
  const fits = (slot: number, reply: Reply) => fitsUnit(units[slots[slot] as number] as PendingCommand, reply)
  const wrong = [...replies.keys()].filter((r) => !fits(r, replies[r] as Reply))
  if (wrong.length === 0 || (wrong.length < 2 && !isHard(replies[wrong[0] as number] as Reply))) return null
  const replyOf = new Array<number>(slots.length).fill(-1)
  // Assign the replies that fit the fewest units first. The others keep their order.
  const choices = replies.map((reply) => slots.filter((_, slot) => fits(slot, reply)).length)
  const fewestChoicesFirst = [...replies.keys()].sort(
    (a, b) => (choices[a] as number) - (choices[b] as number) || a - b,
  )
  for (const r of fewestChoicesFirst) {
    const slot = replyOf.findIndex((taken, s) => taken < 0 && fits(s, replies[r] as Reply))
    if (slot < 0) return null
    replyOf[slot] = r
  }
  const given: Reply[][] = units.map(() => [])
  const permuted = new Set<number>()
  for (const [slot, u] of slots.entries()) {
    given[u]?.push(replies[replyOf[slot] as number] as Reply)
    if (replyOf[slot] !== slot) permuted.add(u)
  }
  return {
    by: 'alignment',
    given,
    sure: units.map((_, u) => !permuted.has(u)),
    surplus: [],
    ...NO_OVERTAKING,
    hard: true,
    permuted: [...permuted],
  }
}

/** Whether the unit can cause the reply, and part of it had been sent when the reply was sent. */
function fitsUnit(unit: PendingCommand, reply: Reply): boolean {
  return isPossible(unit.verb, reply) && !isTooEarly(reply, unit)
}
