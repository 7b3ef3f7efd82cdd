// Detects behaviour that the standard allows but discourages: replies sent separately, and replies whose text does not
// show which command they answer (RFC 2920 section 3.2 (2) and (10)).
import type { Verb } from '../parse/commands.ts'
import type { Exchange, Group } from '../records.ts'

const BATCHED: ReadonlySet<Verb> = new Set<Verb>(['RSET', 'MAIL', 'SEND', 'SOML', 'SAML', 'RCPT'])

/** Commands that arrived together and were answered separately. */
export interface Unbatched {
  readonly exchanges: readonly Exchange[]
  /** Number of segments in which their replies began. */
  readonly segments: number
}

/**
 * The first consecutive commands of the group that the server had received completely before it answered them in more
 * than one segment.
 */
export function unbatchedIn({ exchanges, reading }: Group): Unbatched | null {
  if (!reading.countable) return null
  for (let from = 0; from < exchanges.length; from++) {
    let to = from + 1
    while (to < exchanges.length && isBatched(exchanges[to - 1]) && isBatched(exchanges[to]) && exchanges[to]?.blind)
      to++
    if (to - from > 1) {
      const run = exchanges.slice(from, to)
      const segments = new Set(run.map(({ replies }) => replies[0]?.at.firstFrame)).size
      if (segments > 1 && cameTogether(run)) return { exchanges: run, segments }
    }
    from = to - 1
  }
  return null
}

/** Two different commands of the group with exactly the same reply, without an enhanced status code. */
export function ambiguousIn({ exchanges, reading }: Group): readonly [Exchange, Exchange] | null {
  if (!reading.countable) return null
  for (let u = 1; u < exchanges.length; u++) {
    const [a, b] = [exchanges[u - 1] as Exchange, exchanges[u] as Exchange]
    const [first] = a.replies
    const [second] = b.replies
    if (b.blind === null || first === undefined || second === undefined || a.command.verb === b.command.verb) continue
    if (first.status === 0 && first.lines.join('\n') === second.lines.join('\n')) return [a, b]
  }
  return null
}

function isBatched(exchange: Exchange | undefined): boolean {
  return exchange !== undefined && BATCHED.has(exchange.command.verb) && exchange.replies.length === 1
}

/** Whether the server had acknowledged all commands of the run when it sent the first reply. */
function cameTogether(run: readonly Exchange[]): boolean {
  const [reply] = run[0]?.replies ?? []
  const last = run[run.length - 1]
  return reply !== undefined && last !== undefined && reply.seenAtStart >= last.command.at.end
}
