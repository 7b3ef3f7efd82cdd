// How the connections ended on both sides -> who ended them before their time.
import type { Close } from '../smtp/records.ts'
import type { BoxKind } from './box-kind.ts'
import type { Difference, Place } from './difference.ts'
import type { SessionView } from './session-view.ts'

export function closes(before: readonly SessionView[], behind: readonly SessionView[], box: BoxKind): Difference[] {
  const [here, there] = [before[before.length - 1], behind[behind.length - 1]]
  if (here === undefined || there === undefined || here.close === null || there.close === null) return []
  const close = { here: here.close, there: there.close }
  const found = box === 'path' ? onPath(close.here, close.there) : ofBox(before, close.here, close.there)
  if (found === null) return []
  return [
    {
      kind: 'closed',
      what: 'connection',
      place: found.place,
      message: found.message,
      before: { text: close.here.how.toUpperCase(), session: here.session, frames: [close.here.frame] },
      behind: { text: close.there.how.toUpperCase(), session: there.session, frames: [close.there.frame] },
    },
  ]
}

interface Found {
  readonly place: Place
  readonly message: string
}

/** One TCP connection: what closed it on one side and was never sent on the other came from in between. */
function onPath(here: Close, there: Close): Found | null {
  if (here.by === there.by && here.how === there.how) return null
  if (here.by === 'server' && here.how === 'rst')
    return { place: 'in', message: 'the client got an RST that the server never sent' }
  if (there.by === 'client' && there.how === 'rst')
    return { place: 'in', message: 'the server got an RST that the client never sent' }
  return null
}

/** Two connections. Who waits for a reply in vain and gives up is not the one who ended it. */
function ofBox(before: readonly SessionView[], here: Close, there: Close): Found | null {
  const sent = before.flatMap((view) => view.sent)
  if (sent.some(({ verb }) => verb === 'QUIT')) return null
  if (here.by === 'client') {
    const gaveUp = sent.some(({ answered }) => !answered)
    if (there.by === 'server' || gaveUp) return null
    return { place: 'before', message: 'the client closed without QUIT' }
  }
  if (there.by === 'server') return { place: 'behind', message: 'the server closed before QUIT' }
  return {
    place: 'in',
    message: 'the box closed the connection to the client, which neither the server nor the client had done',
  }
}
