// Ordinary sessions before the rules: nothing is checked, for each rule says that it finds nothing there
// (`onlyRemarkable`). What goes out: their reports.
import { decisions } from '../decisions.ts'
import type { EndedSession, OrdinaryEvents } from '../fast-path/ended-sessions.ts'
import type { OrdinarySum } from '../fast-path/ordinary-sums.ts'
import type { UnremarkableSequences } from '../smtp/pairing/command-sequence.ts'
import { SessionSequences } from './command-sequences.ts'
import { isChosen, type RunContext } from './rule-runner.ts'
import { JudgedSession } from './session-report.ts'

export class OrdinaryRunner implements OrdinaryEvents {
  private readonly context: RunContext
  private counted: SessionSequences | null = null

  constructor(context: RunContext) {
    this.context = context
  }

  wantsDialogue(firstFrame: number): boolean {
    return isChosen(this.context.dialogues, `s${firstFrame}`)
  }

  sequences(): UnremarkableSequences | null {
    const { shapes } = this.context
    this.counted = shapes === null ? null : new SessionSequences(shapes)
    return this.counted
  }

  get wantsSums(): boolean {
    const { counts, shapes } = this.context
    return counts?.isEnough === true && shapes === null && decisions.rules === null
  }

  add(sums: readonly OrdinarySum[]): void {
    this.context.counts?.addOrdinary(sums)
  }

  end(session: EndedSession): void {
    decisions.rules?.(session.firstFrame, session.lastFrame, 'rules not run: nothing unusual in this session')
    const { base } = this.context
    // The side that opened the connection is the client: anything else is not ordinary.
    const [tls, shapes] = [null, this.counted]
    const { fingerprint } = session
    const source = { connection: session, client: 0, summary: session, base, fingerprint, tls, shapes } as const
    this.context.onVerdict(new JudgedSession(source))
  }
}
