// Ordinary sessions before the rules: nothing is checked, for no rule could find anything. What goes out: their reports.
import type { WholeEvents } from '../smtp/ordinary/whole-session.ts'
import type { PlainShapes } from '../smtp/pairing/command-sequence.ts'
import type { OrdinaryOutline } from '../smtp/session/session-summary.ts'
import type { ConnectionFacts } from '../tcp/connection.ts'
import { SessionShapes } from './command-sequences.ts'
import { OrdinaryReport } from './ordinary-report.ts'
import { type Court, isChosen } from './rule-runner.ts'

export class OrdinaryTrial implements WholeEvents {
  private readonly court: Court
  private counted: SessionShapes | null = null

  constructor(court: Court) {
    this.court = court
  }

  shapes(): PlainShapes | null {
    const { shapes } = this.court
    this.counted = shapes === null ? null : new SessionShapes(shapes)
    return this.counted
  }

  /** One whose dialogue is kept is followed word by word. */
  takes({ firstFrame }: ConnectionFacts): boolean {
    return !isChosen(this.court.dialogues, `s${firstFrame}`)
  }

  endOrdinary(connection: ConnectionFacts, outline: OrdinaryOutline): void {
    this.court.onVerdict(new OrdinaryReport(connection, outline, this.court, this.counted))
  }
}
