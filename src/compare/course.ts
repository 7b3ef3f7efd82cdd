// A judged session with its dialogue -> its course: what each side said, in its order, as far as a comparison needs it.
import { COURSE_LINES_MAX } from '../limits.ts'
import type { SessionReport } from '../rules/observe.ts'
import type { Close, Command, Exchange, LimitCode, Reply } from '../smtp/records.ts'

/** What stands for lines that are not shown. */
export const CONTENT = 'message content'
export const AUTH_RESPONSE = 'AUTH response'

/** One command or message content of the client. */
export interface Sent {
  /** What the line says; for content and AUTH responses, what they are. */
  readonly text: string
  readonly kind: Command['kind']
  readonly verb: string
  readonly octets: number
  readonly firstFrame: number
  readonly lastFrame: number
  /** The receiver's TCP acknowledged all of it. */
  readonly acked: boolean
  /** Sent before the reply to the one in front had arrived. */
  readonly blind: boolean
  /** Every reply that it had earned came. */
  readonly answered: boolean
  /** It earned more replies than came, and no other reading of the dialogue says otherwise. */
  readonly unanswered: boolean
  /** From its last byte to the first reply to it, in nanoseconds; null without a reply. */
  readonly waitedNs: number | null
}

/** One reply of the server. */
export interface Said {
  readonly text: string
  readonly code: number
  /** Which of what was sent it answers, by its place; null for the greeting and where nobody can tell. */
  readonly to: number | null
  readonly firstFrame: number
  readonly lastFrame: number
}

export interface Course {
  readonly session: string
  readonly client: string
  readonly server: string
  readonly startedAt: string
  readonly sent: readonly Sent[]
  readonly said: readonly Said[]
  readonly close: Close | null
  /** Why what is missing here may only not have been seen; none when everything was. */
  readonly blindSpots: readonly LimitCode[]
  /** The end was not seen: what would come last may only be missing. */
  readonly openEnd: boolean
}

/** Limits behind which the rest of a dialogue is not shown, while all of the front is. */
const ENDS: readonly LimitCode[] = ['capture-end', 'tls', 'sasl-layer']

export function courseOf(report: SessionReport): Course {
  const { record, greeting, groups, close, limits } = report
  const said: Said[] = greeting === null ? [] : [saidOf(greeting, null)]
  const sent: Sent[] = []
  for (const { exchanges, replies } of groups) {
    const answered = new Map<Reply, number>()
    for (const exchange of exchanges) {
      for (const reply of exchange.replies) answered.set(reply, sent.length)
      sent.push(sentOf(exchange))
    }
    for (const reply of replies) said.push(saidOf(reply, answered.get(reply) ?? null))
  }
  const harmful = new Set(limits.filter(({ rules }) => rules.length > 0).map(({ code }) => code))
  const long = sent.length + said.length > COURSE_LINES_MAX
  if (long) harmful.add('resource-cap')
  return {
    session: record.id,
    client: record.client,
    server: record.server,
    startedAt: record.startedAt,
    sent: long ? sent.slice(0, COURSE_LINES_MAX) : sent,
    said: long ? said.slice(0, COURSE_LINES_MAX) : said,
    close,
    // What a box overwrote is what is looked for, not what hides it.
    blindSpots: [...harmful].filter((code) => !ENDS.includes(code) && code !== 'proxy-rewrite'),
    openEnd: ENDS.some((code) => harmful.has(code)) || close === null,
  }
}

/** How many lines a course holds. */
export const linesOf = ({ sent, said }: Course): number => sent.length + said.length

function sentOf({ command, replies, owed, blind, sure }: Exchange): Sent {
  const { kind, verb, at } = command
  const [first] = replies
  return {
    text: wordsOf(command),
    kind,
    verb,
    octets: at.end - at.start,
    firstFrame: at.firstFrame,
    lastFrame: at.lastFrame,
    acked: command.acked !== null,
    blind: blind !== null,
    answered: replies.length >= owed,
    unanswered: replies.length < owed && sure && command.complete,
    waitedNs: first === undefined ? null : first.at.timeNs - at.timeNs,
  }
}

function wordsOf({ kind, text, hidden, verb }: Command): string {
  if (kind === 'content') return CONTENT
  if (kind === 'auth-response') return AUTH_RESPONSE
  return hidden ? verb : text
}

function saidOf({ code, lines, at }: Reply, to: number | null): Said {
  return { text: lines.join('\n'), code, to, firstFrame: at.firstFrame, lastFrame: at.lastFrame }
}
