// What a command prints through, with --redact or without.
import { type Redactor, UNREDACTED } from './redactor.ts'

/** One line for every command that prints: `const redactor = await redactorFor(options.redact === true)`. */
export async function redactorFor(redact: boolean): Promise<Redactor> {
  // Loaded when it is asked for: the words that are kept are many.
  return redact ? new (await import('./redaction.ts')).Redaction() : UNREDACTED
}
