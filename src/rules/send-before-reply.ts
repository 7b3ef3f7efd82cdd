// Evidence that a unit was sent before the reply to the preceding one, and how much it proves.
import type { Blind, Exchange } from '../smtp/records.ts'
import type { Certainty } from './analysis.ts'
import { nameOf } from './wording.ts'

/** A client that waited so long that it may have given up is at most suspected. */
export function certaintyOf({ sure }: Blind): Certainty {
  return sure ? 'proved' : 'suspected'
}

/** The certain ones of the units that were sent blind; all of them when none is certain. */
export function surestOf(found: readonly Exchange[]): readonly Exchange[] {
  const sure = found.filter(({ blind }) => blind?.sure === true)
  return sure.length > 0 ? sure : found
}

/** Whether the unit and the one before it are lines that SMTP does not know, of a client that has not greeted. */
export function isNoSmtp({ blind, command, greeted }: Exchange): boolean {
  return greeted === false && command.verb === 'OTHER' && blind?.after.verb === 'OTHER'
}

/** Evidence that the client cannot have read the reply to the preceding unit. */
export function blindEvidence({ blind, command }: Exchange): string[] {
  if (blind === null) return []
  const { after, proof, sure } = blind
  const where =
    after.at.lastFrame === command.at.firstFrame
      ? `${nameOf(after)} and ${nameOf(command)} are both in frame ${command.at.firstFrame}`
      : `${nameOf(after)} ends in frame ${after.at.lastFrame}, and ${nameOf(command)} begins in frame ${command.at.firstFrame}`
  const evidence = [
    proof === 'same-ack'
      ? `${where}, with the same acknowledgement number: the client had received nothing from the server in between`
      : `${where}, which acknowledges less than the full reply to ${nameOf(after)}`,
  ]
  if (sure) return evidence
  const seconds = ((command.sentNs - after.at.timeNs) / 1e9).toFixed(1)
  return [
    ...evidence,
    `${nameOf(command)} was sent ${seconds} s after ${nameOf(after)}: the client may have given up waiting`,
  ]
}
