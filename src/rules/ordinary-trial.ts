// Ordinary sessions before the rules: nothing is checked, for each rule says that it finds nothing there
// (`onlyRemarkable`). What goes out: their reports.
import { decisions } from '../decisions.ts'
import type { WholeEvents } from '../smtp/ordinary/whole-session.ts'
import type { UnremarkableSequences } from '../smtp/pairing/command-sequence.ts'
import type { OrdinarySummary } from '../smtp/session/session-summary.ts'
import type { ConnectionFacts } from '../tcp/connection.ts'
import { SessionSequences } from './command-sequences.ts'
import { isChosen, type RunContext } from './rule-runner.ts'
import { JudgedSession } from './session-report.ts'

export class OrdinaryRunner implements WholeEvents {
  private readonly context: RunContext
  private counted: SessionSequences | null = null

  constructor(context: RunContext) {
    this.context = context
  }

  shapes(): UnremarkableSequences | null {
    const { shapes } = this.context
    this.counted = shapes === null ? null : new SessionSequences(shapes)
    return this.counted
  }

  /** One whose dialogue is kept is followed word by word. */
  takes({ firstFrame }: ConnectionFacts): boolean {
    return !isChosen(this.context.dialogues, `s${firstFrame}`)
  }

  endOrdinary(connection: ConnectionFacts, summary: OrdinarySummary): void {
    decisions.rules?.(connection.firstFrame, connection.lastFrame, 'rules not run: nothing unusual in this session')
    const { base, fingerprints } = this.context
    const fingerprint = fingerprints?.value ?? null
    // The side that opened the connection is the client: anything else is not ordinary.
    const source = { connection, client: 0, summary, base, fingerprint, tls: null, shapes: this.counted } as const
    this.context.onVerdict(new JudgedSession(source))
  }
}
