// What a document needs to print sessions in another order than they come.
import type { FindingRecord, SessionRecord } from '../rules/analysis.ts'

/** Texts that are read by ascending number, those of one number in the order of adding. */
export interface TextsInOrder {
  add(number: number, text: string): void
  inOrder(): Iterable<string>
}

/** In memory. */
export class TextList implements TextsInOrder {
  private readonly texts: { readonly number: number; readonly text: string }[] = []

  add(number: number, text: string): void {
    this.texts.push({ number, text })
  }

  *inOrder(): Generator<string> {
    for (const { text } of this.texts.toSorted((a, b) => a.number - b.number)) yield text
  }
}

/** Sessions and findings, both in the order of session numbers -> each session with its findings. */
export function* withFindings(
  sessions: Iterable<SessionRecord>,
  findings: Iterable<FindingRecord>,
): Generator<readonly [SessionRecord, readonly FindingRecord[]]> {
  const rest = findings[Symbol.iterator]()
  let next = rest.next()
  for (const session of sessions) {
    const own: FindingRecord[] = []
    for (; next.done !== true && next.value.session === session.id; next = rest.next()) own.push(next.value)
    yield [session, own]
  }
}
