// What may be said of the sessions of a capture, and an analysis of it -> what was said that may not: a proved error that
// is none, and a session called conforming that has a fault and lacks octets.
import type { Analysis } from '../../../src/analyze.ts'

export interface Expected {
  readonly client: string
  readonly server: string
  /** `rule party` of the errors that may be proved; null where that is not known. */
  readonly allowed: readonly string[] | null
  readonly isFaultyWithHole: boolean
}

export interface Misjudged {
  readonly kind: 'innocent-accused' | 'hole-unseen'
  /** The same for all of one cause, as far as one can tell. */
  readonly name: string
  readonly what: string
}

/** The first that is wrong; null when all is well. */
export function misjudged({ sessions, findings }: Analysis, expected: readonly Expected[]): Misjudged | null {
  const byPair = new Map(expected.map((one) => [pairOf(one), one]))
  const bySession = new Map(sessions.map((session) => [session.id, byPair.get(pairOf(session))]))
  for (const { session, rule, party, severity, certainty, actual, frames } of findings) {
    if (severity !== 'error' || certainty !== 'proved') continue
    const known = bySession.get(session)
    const name = `${rule} ${party}`
    if (known !== undefined && (known.allowed === null || known.allowed.includes(name))) continue
    const where = known === undefined ? session : `${known.client} > ${known.server}`
    return { kind: 'innocent-accused', name, what: `${where}: ${name}: ${actual} (frames ${frames.join(', ')})` }
  }
  for (const one of expected.filter(({ isFaultyWithHole }) => isFaultyWithHole)) {
    const mine = sessions.filter((session) => bySession.get(session.id) === one)
    if (mine.length !== 1 || mine[0]?.verdict !== 'conforming') continue
    return { kind: 'hole-unseen', name: 'conforming', what: `${one.client} > ${one.server} is called conforming` }
  }
  return null
}

/** Both end points: what is missing can make either look like the client. */
function pairOf({ client, server }: { readonly client: string; readonly server: string }): string {
  return [client, server].sort().join(' ')
}
