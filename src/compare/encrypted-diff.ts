// Sessions of which a part is encrypted -> what is certain all the same. Lines say nothing there: records and octets are
// counted, and where TLS ends is seen by who begins it.
import type { BoxKind } from './box-kind.ts'
import { closes } from './close-diff.ts'
import type { Difference, Judgement, Reason } from './difference.ts'
import { STARTTLS } from './line-diff.ts'
import { type Encrypted, isSameTls, type SessionView, sameBytes } from './session-view.ts'

const SIDES = ['client', 'server'] as const

export function diffEncrypted(
  box: BoxKind,
  before: readonly SessionView[],
  behind: readonly SessionView[],
): Pick<Judgement, 'outcome' | 'differences' | 'reasons' | 'notes'> {
  const reasons: Reason[] = [{ side: 'both', code: 'encrypted' }]
  const [one, other] = [before[0], behind[0]]
  const isPair = one !== undefined && other !== undefined && before.length === 1 && behind.length === 1
  if (!isPair) return { outcome: 'cannot-tell', differences: [], reasons, notes: [] }
  if (box === 'tls-terminator')
    return { outcome: 'cannot-tell', differences: [], reasons, notes: notesOnTerminator(one, other) }
  // A QUIT may stand inside TLS: who closed before it is not known, unless TCP itself shows it.
  const isThrough = box === 'path' || isSameTls(one, other)
  const changed = isThrough ? [...encryptedDifferences(one, other)] : []
  const differences = [...changed, ...(box === 'path' ? closes(before, behind, box) : [])]
  const isSame = isThrough && differences.length === 0 && one.whole && other.whole && sameBytes(one, other)
  if (isSame && one.encrypted !== null) {
    const notes = [`every TLS record passed the box: ${amountsOf(one.encrypted)}`]
    return { outcome: 'same', differences, reasons: [], notes }
  }
  return { outcome: differences.length > 0 ? 'different' : 'cannot-tell', differences, reasons, notes: [] }
}

function* encryptedDifferences(one: SessionView, other: SessionView): Iterable<Difference> {
  if (one.encrypted === null || other.encrypted === null || !one.whole || !other.whole) return
  for (const by of SIDES) {
    const [from, to] = by === 'client' ? [one.encrypted, other.encrypted] : [other.encrypted, one.encrypted]
    const [sent, arrived] = [from[by], to[by]]
    if (sent.records === arrived.records && sent.octets === arrived.octets) continue
    yield {
      kind: 'changed',
      what: 'connection',
      place: 'in',
      message: `the ${by} sent ${amountOf(sent)}, and ${amountOf(arrived)} left the box`,
      before: null,
      behind: null,
    }
  }
}

/** Who speaks TLS with the box, what the server offers and the client does not hear of, and how much was said. */
function notesOnTerminator(one: SessionView, other: SessionView): string[] {
  const onOne = one.opaque ? 'between the client and the box only' : 'between the box and the server only'
  const where = one.opaque && other.opaque ? 'on both sides of it, with other keys on each' : onOne
  const isHidden = offersTls(other) && one.said.length > 1 && !offersTls(one)
  return [
    `TLS ends in the box: the session is encrypted ${where}`,
    ...(isHidden ? ['the server offers STARTTLS, and the box does not offer it to the client'] : []),
    ...amountsSeen('before the box', one),
    ...amountsSeen('behind the box', other),
  ]
}

function amountsSeen(where: string, { opaque, encrypted, streams, whole }: SessionView): string[] {
  if (opaque) return encrypted === null ? [] : [`${where}: ${amountsOf(encrypted)}`]
  if (streams === null || !whole) return []
  return [
    `${where}: ${streams.client.octets} octets of the client and ${streams.server.octets} of the server in the clear`,
  ]
}

function amountsOf({ client, server, frames }: Encrypted): string {
  return `${amountOf(client)} of the client and ${amountOf(server)} of the server, frames ${frames.join('-')}`
}

function amountOf({ records, octets }: Encrypted['client']): string {
  return `${records === 1 ? '1 TLS record' : `${records} TLS records`} (${octets} octets)`
}

function offersTls({ said }: SessionView): boolean {
  return said.some(({ text }) => text.split('\n').some((line) => STARTTLS.test(line)))
}
