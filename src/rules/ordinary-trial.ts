// Ordinary sessions before the rules: nothing is checked, for each rule says that it finds nothing there (`onlyRemarkable`). What goes out: their reports.
import { decisions } from '../decisions.ts'
import type { WholeEvents } from '../smtp/ordinary/whole-session.ts'
import type { UnremarkableSequences } from '../smtp/pairing/command-sequence.ts'
import type { OrdinarySummary } from '../smtp/session/session-summary.ts'
import type { ConnectionFacts } from '../tcp/connection.ts'
import { SessionSequences } from './command-sequences.ts'
import { OrdinaryReport } from './ordinary-report.ts'
import { isChosen, type RunContext } from './rule-runner.ts'

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
    decisions.rules?.(connection.firstFrame, connection.lastFrame, 'session passed over: it is ordinary')
    this.context.onVerdict(new OrdinaryReport(connection, summary, this.context, this.counted))
  }
}
