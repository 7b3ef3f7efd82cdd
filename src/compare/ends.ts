// How the connection ended on both sides -> who ended it before its time.
import type { Course } from './course.ts'
import type { Difference, Place } from './difference.ts'

export function closes(before: Course, behind: Course): Difference[] {
  const quit = (course: Course) => course.sent.some(({ verb }) => verb === 'QUIT')
  if (quit(before) || before.close === null) return []
  const place = placeOf(before, behind)
  // Who waits for a reply in vain and gives up is not the one who ended it.
  if (place === null || (place === 'before' && before.sent.some(({ answered }) => !answered))) return []
  const words: Readonly<Record<Place, string>> = {
    before: 'the client closed without QUIT',
    in: 'the box closed the connection to the client, which neither the server nor the client had done',
    behind: 'the server closed before QUIT',
  }
  const { frame } = before.close
  const there = behind.close
  return [
    {
      kind: 'closed',
      what: 'connection',
      place,
      message: words[place],
      before: { text: before.close.how.toUpperCase(), frames: [frame] },
      behind: there === null ? null : { text: there.how.toUpperCase(), frames: [there.frame] },
    },
  ]
}

/** Null where nobody can tell: the other end was not seen, or both ends were closed from outside. */
function placeOf({ close: here }: Course, { close: there }: Course): Place | null {
  if (here === null || there === null) return null
  if (here.by === 'client') return there.by === 'server' ? null : 'before'
  return there.by === 'server' ? 'behind' : 'in'
}
