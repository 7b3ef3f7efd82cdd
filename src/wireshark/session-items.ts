// The dialogue of a session -> what is shown at its frames: each command with the frames of its replies, each reply with
// the frames of its commands and the time since then. A unit stands at the frame that completes it, as in Wireshark.
import { lacksReply } from '../report/dialogue.ts'
import type { SessionReport } from '../rules/session-report.ts'
import type { Command, Exchange, Group, Reply } from '../smtp/records.ts'
import { digits } from './digits.ts'
import type { Head } from './heads.ts'

/** The first element of a head, as the Lua program knows it. */
const COMMAND = 1
const REPLY = 2
/** A head has the number of references, but for this, which says that it stands in the item. */
const MANY = 2

/** What is said of a reply. */
type Manner = '' | 'greeting' | 'unpaired' | 'not certain' | 'to the PROXY header'

/** A frame that an item refers to, and digits that stand behind it. */
interface Reference {
  readonly frame: number
  readonly rest: string
}

/** An item before its frames are written. */
export interface SessionItem {
  readonly frame: number
  readonly timeNs: number
  readonly head: Head
  /** Stands before the references. */
  readonly lead: string
  readonly references: readonly Reference[]
}

export function* itemsOf({ greeting, proxyHeader, groups, limits }: SessionReport): Iterable<SessionItem> {
  if (greeting !== null) yield replyItem(greeting, 'greeting', 0, [])
  for (const reply of proxyHeader?.replies ?? []) yield replyItem(reply, 'to the PROXY header', 0, [])
  // If two copies of the same bytes differ, it is not certain who said what.
  const isDoubtful = limits.some(({ code }) => code === 'overlap-conflict')
  const hasClock = !limits.some(({ code }) => code === 'clock')
  for (const group of groups) yield* groupItems(group, isDoubtful, hasClock)
}

function* groupItems(group: Group, isDoubtful: boolean, hasClock: boolean): Iterable<SessionItem> {
  // With a surplus reply it is not known which one is the extra one. A 421 needs no command.
  const isExact = !isDoubtful && group.surplus.every(({ code }) => code === 421)
  const { permuted } = group.reading
  const isCertain = (exchange: Exchange) =>
    isExact && (exchange.sure || exchange.behindEnd) && !permuted.includes(exchange)
  const answered = new Map<Reply, Exchange[]>()
  for (const exchange of group.exchanges) {
    yield commandItem(exchange, group.index, isCertain(exchange))
    for (const reply of exchange.replies) answered.set(reply, [...(answered.get(reply) ?? []), exchange])
  }
  for (const reply of group.replies) {
    const exchanges = answered.get(reply) ?? []
    const manner = exchanges.length === 0 ? 'unpaired' : exchanges.every(isCertain) ? '' : 'not certain'
    const commands = exchanges.map(({ command }) => command)
    yield replyItem(reply, manner, group.index, commands, hasClock)
  }
}

function commandItem(exchange: Exchange, group: number, isCertain: boolean): SessionItem {
  const { command, replies } = exchange
  const isUncertain = !isCertain && replies.length > 0
  const isUnanswered = lacksReply(exchange) && !command.optional
  const head = [COMMAND, shownName(command), Number(isUncertain), Number(isUnanswered), many(replies)]
  const references = replies.map(({ at }) => ({ frame: at.lastFrame, rest: '' }))
  const lead = digits(group) + countOf(replies)
  return { frame: command.at.lastFrame, timeNs: command.at.timeNs, head, lead, references }
}

function replyItem(
  { code, at }: Reply,
  manner: Manner,
  group: number,
  commands: readonly Command[],
  hasClock = false,
): SessionItem {
  const references = commands.map((command) => ({
    frame: command.at.lastFrame,
    rest: durationDigits(hasClock ? at.timeNs - command.at.timeNs : -1),
  }))
  const head = [REPLY, code, manner, many(commands), ...commands.slice(0, 1).map(shownName)]
  const lead = digits(group) + countOf(commands)
  return { frame: at.lastFrame, timeNs: at.timeNs, head, lead, references }
}

const many = ({ length }: readonly unknown[]) => Math.min(length, MANY)
const countOf = (list: readonly unknown[]) => (list.length >= MANY ? digits(list.length) : '')

/** `RCPT`, `message content`. Words from the capture are not shown: there could be as many as commands. */
function shownName({ kind, verb, hidden }: Command): string {
  if (kind === 'content') return verb === 'XEXCH50' ? 'the data of XEXCH50' : 'message content'
  if (kind === 'auth-response') return 'AUTH response'
  if (hidden) return 'a hidden line'
  if (verb === 'EMPTY') return 'an empty line'
  return verb === 'OTHER' ? 'unknown command' : verb
}

/** Odd for microseconds, even for nanoseconds, 0 for what is not known. */
function durationDigits(ns: number): string {
  if (ns < 0) return digits(0)
  const whole = Math.round(ns)
  return digits(whole % 1000 === 0 ? (2 * whole) / 1000 + 1 : 2 * whole + 2)
}
