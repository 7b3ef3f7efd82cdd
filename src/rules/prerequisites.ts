// Which limits make which rules inconclusive: each limit takes away some of the things that rules declare in `needs`.
import type { LimitCode } from '../smtp/records.ts'
import type { Session } from '../smtp/session/session.ts'
import type { LimitRecord } from './analysis.ts'
import type { Need, Rule } from './rule.ts'

const ALL: readonly Need[] = ['client-bytes', 'content', 'server-bytes', 'pairing', 'greeting', 'offer', 'end', 'time']

const CONTENT: readonly Need[] = ['content']
const NOTHING: readonly Need[] = []

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

type RuleIds = readonly string[]

/** For each catalogue, the rules that lack something, by what is missing. */
const HARMED = new WeakMap<readonly Rule[], Map<readonly Need[], RuleIds>>()

/** Shared by all sessions: in a flood, thousands of reports wait for their turn, each with several such lists. */
function harmedRules(rules: readonly Rule[], missing: readonly Need[]): RuleIds {
  let known = HARMED.get(rules)
  if (known === undefined) {
    known = new Map()
    HARMED.set(rules, known)
  }
  let harmed = known.get(missing)
  if (harmed === undefined) {
    harmed = rules.filter(({ needs }) => needs.some((need) => missing.includes(need))).map(({ id }) => id)
    known.set(missing, harmed)
  }
  return harmed
}

/** The session's limits, each with those of `rules` that could not judge the whole session because of it. */
export function limitRecords(session: Session, rules: readonly Rule[]): LimitRecord[] {
  const records: LimitRecord[] = []
  for (const { code, frame, hides, reason } of session.limits)
    records.push({
      code,
      frame: frame === 0 ? null : frame,
      rules: harmedRules(rules, hides === 'all' ? TAKES_AWAY[code] : hides === 'content' ? CONTENT : NOTHING),
      ...(reason !== null && { reason }),
    })
  return records
}

/** The lists of `harmedRules` that contain a rule of severity error. */
const GRAVE = new WeakMap<RuleIds, boolean>()

/** Whether a rule of severity error could not judge because of the limit. */
export function hidesErrors({ rules: harmed }: LimitRecord, rules: readonly Rule[]): boolean {
  let grave = GRAVE.get(harmed)
  if (grave === undefined) {
    grave = rules.some(({ id, severity }) => severity === 'error' && harmed.includes(id))
    GRAVE.set(harmed, grave)
  }
  return grave
}
