// The impact of a case: affected sessions, messages and recipients, what a client sees, and when.
import { REPORT_ROWS_MAX } from '../../limits.ts'
import type { Certainty } from '../../rules/analysis.ts'
import { counted, decimal } from '../format-text.ts'
import { inSeconds } from '../local-time.ts'
import { type Case, enumerated, paragraph, sessionsOf, share } from './case.ts'
import type { AccusedParty } from './first-pass.ts'
import type { Block, Inline, Section, Words } from './report-model.ts'
import { timelineOf } from './second-pass.ts'

/** What a client was doing when it waited for the reply, in the words of Postfix's log. */
const STAGES: readonly (readonly [string, string])[] = [
  ['MAIL', 'while sending MAIL FROM'],
  ['RCPT', 'while sending RCPT TO'],
  ['DATA', 'while sending DATA command'],
  ['CONTENT', 'while sending end of data -- message may be sent more than once'],
]

export function impact(told: Case): Section {
  const { plan } = told
  const { rules } = plan
  const unanswered = sumOf(plan.accusedParties, 'proved')
  const doubtful = sumOf(plan.accusedParties, 'suspected')
  const items: Words[] = [sessions(told)]
  if (plan.accusedParties.length > 1) items.push([`${decimal(plan.accusedParties.length)} addresses are affected.`])
  if (unanswered.size > 0)
    items.push(
      ...lost(
        unanswered,
        plan.accusedParties.some(({ untold }) => untold),
      ),
    )
  if (doubtful.size > 0) items.push([`Suspected to be lost: ${enumerated(namesOf(doubtful))}.`])
  items.push([messages(plan.accusedParties)])
  const whys = rules.map(({ rule }): Words => [rule.why])
  return {
    id: 'impact',
    title: 'Impact',
    blocks: [
      { kind: 'list', items },
      paragraph(`What this ${plan.certainty === 'suspected' ? 'would mean' : 'means'} for the other side:`),
      {
        kind: 'list',
        items: [
          ...whys,
          ...seenByClient(
            plan.party,
            unanswered,
            rules.some(({ rule, proved }) => rule.id === 'premature-close' && proved > 0),
          ),
        ],
      },
      ...addresses(told),
      ...timeline(told),
    ],
  }
}

function sumOf(accusedParties: readonly AccusedParty[], certainty: Certainty): ReadonlyMap<string, number> {
  const sum = new Map<string, number>()
  for (const { unanswered } of accusedParties)
    for (const [verb, n] of unanswered[certainty]) sum.set(verb, (sum.get(verb) ?? 0) + n)
  return sum
}

function sessions({ plan }: Case): Words {
  const { affected, proved, accusedParties } = plan
  const first = accusedParties.map(({ firstAt }) => firstAt).sort()[0] ?? ''
  const last =
    accusedParties
      .map(({ lastAt }) => lastAt)
      .sort()
      .at(-1) ?? ''
  const [from, to] = [inSeconds(first), inSeconds(last)]
  const when = from === to ? `at ${from}` : `between ${from} and ${to}`
  const part = (n: number) =>
    `${sessionsOf(n, plan.sessions)}${plan.sessions === 1 ? '' : ` (${share(n, plan.sessions)})`}`
  if (proved === 0) return [`Suspected: ${part(affected)}, started ${when}.`]
  const more = affected === proved ? '' : `; suspected: ${part(affected - proved)}`
  return [`Affected: ${part(proved)}${more}, started ${when}.`]
}

const namesOf = (unanswered: ReadonlyMap<string, number>) =>
  [...unanswered].map(([verb, n]) => (verb === 'CONTENT' ? counted(n, 'message') : `${decimal(n)} ${verb}`))

function lost(unanswered: ReadonlyMap<string, number>, untold: boolean): Words[] {
  const most = untold ? ' at most, because the replies do not always show which commands were lost' : ''
  const found: Words[] = [[`Never answered: ${enumerated(namesOf(unanswered))}${most}.`]]
  const recipients = unanswered.get('RCPT') ?? 0
  if (recipients > 0)
    found.push([
      `For ${counted(recipients, 'recipient')}${untold ? ' at most' : ''} the client does not know whether the server accepted ${recipients === 1 ? 'it' : 'them'}.`,
    ])
  const contents = unanswered.get('CONTENT') ?? 0
  if (contents > 0)
    found.push([
      `For ${counted(contents, 'message')} the client does not know whether the server accepted ${contents === 1 ? 'it' : 'them'}: it sends ${contents === 1 ? 'it' : 'them'} again, and recipients get a duplicate if the server had.`,
    ])
  return found
}

function messages(accusedParties: readonly AccusedParty[]): string {
  const n = accusedParties.reduce((sum, { messages: some }) => sum + some, 0)
  return n === 0
    ? 'No message was accepted in these sessions.'
    : `${counted(n, 'message')} ${n === 1 ? 'was' : 'were'} accepted in these sessions.`
}

/** Only for connections that ended with replies outstanding: logs show these. */
function seenByClient(party: 'server' | 'client', unanswered: ReadonlyMap<string, number>, closed: boolean): Words[] {
  const stage = STAGES.find(([verb]) => unanswered.has(verb))
  if (party === 'client' || !closed || stage === undefined) return []
  return [
    [
      'The client sees a lost connection, defers the mail and tries again. Postfix logs ',
      { code: `lost connection with ... ${stage[1]}` },
      '.',
    ],
  ]
}

/** One row for each address of a service with several addresses. */
function addresses({ servers }: Case): Block[] {
  const accused = servers.filter(({ role }) => role === 'accused')
  if (accused.length < 2) return []
  const rows = accused
    .slice(0, REPORT_ROWS_MAX)
    .map(({ record }): Inline[] => [
      record.server,
      record.serverName ?? '-',
      decimal(record.sessions),
      decimal(record.violation),
      decimal(record.suspected),
    ])
  const more = accused.length - rows.length
  const caption = `Sessions by address${more > 0 ? `; ${counted(more, 'more address', 'more addresses')} not listed` : ''}`
  return [{ kind: 'table', caption, head: ['server', 'name', 'sessions', 'violation', 'suspected'], rows }]
}

function timeline({ times, plan }: Case): Block[] {
  const shown = timelineOf(`Sessions of the ${plan.party} over time`, times)
  return shown === null ? [] : [{ kind: 'timeline', timeline: shown }]
}
