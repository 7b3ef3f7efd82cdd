// Which limits make which rules inconclusive: each limit takes away some of the things that rules declare in `needs`.
import type { LimitCode } from '../smtp/records.ts'
import type { Session } from '../smtp/session/session.ts'
import type { LimitRecord } from './analysis.ts'
import type { Need, Rule } from './rule.ts'

const ALL: readonly Need[] = ['client-bytes', 'content', 'server-bytes', 'pairing', 'greeting', 'offer', 'end', 'time']

const CONTENT: readonly Need[] = ['content']

const TAKES_AWAY: Readonly<Record<LimitCode, readonly Need[]>> = {
  'gap-client': ['client-bytes', 'pairing'],
  'gap-server': ['server-bytes', 'pairing', 'offer', 'greeting'],
  clock: ['time'],
  unacknowledged: ['client-bytes', 'server-bytes', 'pairing', 'offer', 'greeting'],
  snaplen: ['client-bytes', 'server-bytes', 'pairing', 'offer', 'greeting'],
  midstream: ['greeting', 'offer', 'pairing'],
  'capture-end': ['end'],
  'one-way-client': ['server-bytes', 'pairing', 'offer', 'greeting', 'end'],
  'one-way-server': ['client-bytes', 'pairing', 'end'],
  tls: ALL,
  'sasl-layer': ALL,
  'role-reversal': ALL,
  'not-smtp': ALL,
  'proxy-rewrite': ['offer'],
  'overlap-conflict': ['client-bytes', 'server-bytes', 'pairing'],
  'resource-cap': ['client-bytes', 'server-bytes', 'pairing'],
  'internal-error': ALL,
}

/** Whether a limit of this kind may hide a reply that was sent. */
export function mayHideReplies(code: LimitCode): boolean {
  return TAKES_AWAY[code].some((need) => need === 'server-bytes' || need === 'pairing')
}

/** The session's limits, each with those of `rules` that could not judge the whole session because of it. */
export function limitRecords(session: Session, rules: readonly Rule[]): LimitRecord[] {
  return session.limits.map(({ code, frame, hides, reason }) => {
    const missing = hides === 'all' ? TAKES_AWAY[code] : hides === 'content' ? CONTENT : []
    const harmed = rules.filter((rule) => rule.needs.some((need) => missing.includes(need)))
    return {
      code,
      frame: frame === 0 ? null : frame,
      rules: harmed.map((rule) => rule.id),
      ...(reason !== null && { reason }),
    }
  })
}
