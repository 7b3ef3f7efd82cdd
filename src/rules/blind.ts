// The proof of a blind send, in words.
import type { Exchange } from '../smtp/records.ts'
import { nameOf } from './words.ts'

/** What shows that the client cannot have read the reply to the unit in front. */
export function blindEvidence({ blind, command }: Exchange): string[] {
  if (blind === null) return []
  const { after, proof } = blind
  const where =
    after.at.lastFrame === command.at.firstFrame
      ? `${nameOf(after)} and ${nameOf(command)} share frame ${command.at.firstFrame}`
      : `${nameOf(after)} ends in frame ${after.at.lastFrame}, ${nameOf(command)} begins in frame ${command.at.firstFrame}`
  return proof === 'same-ack'
    ? [`${where}, with the same acknowledgement number: no byte of the server had reached the client in between`]
    : [`${where}, which acknowledges less than the whole reply to ${nameOf(after)}`]
}
