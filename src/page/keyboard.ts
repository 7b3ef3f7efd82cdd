// Keys: `/` the filter, `j` and `k` the next and the last row, `1` to `5` the lists, `u` up, `?` help. Nothing that a
// screen reader or a text field uses is taken away.
import { LISTS, linkTo, routeOf } from './route.ts'

/** What `j` and `k` move between. */
const ROWS = 'main a.row, main .incidents summary'

/** Returns how to stop. */
export function onKeys(): () => void {
  addEventListener('keydown', pressed)
  return () => removeEventListener('keydown', pressed)
}

function pressed(event: KeyboardEvent): void {
  if (event.ctrlKey || event.metaKey || event.altKey) return
  const filter = document.querySelector<HTMLInputElement>('#filter')
  if (isText(event.target)) {
    if (event.key === 'Escape') (event.target as HTMLElement).blur()
    if (event.key === 'ArrowDown' && event.target === filter) step(1)
    else return
  }
  const action = ACTIONS[event.key] ?? listOf(event.key)
  if (action === undefined) return
  event.preventDefault()
  action()
}

const ACTIONS: Readonly<Record<string, (() => void) | undefined>> = {
  '/': () => document.querySelector<HTMLInputElement>('#filter')?.focus(),
  j: () => step(1),
  k: () => step(-1),
  u: up,
  '[': () => document.querySelector<HTMLElement>('a[rel=prev]')?.click(),
  ']': () => document.querySelector<HTMLElement>('a[rel=next]')?.click(),
  '?': () => document.querySelector<HTMLDialogElement>('#help')?.showModal(),
}

function listOf(key: string): (() => void) | undefined {
  const view = /^[1-5]$/.test(key) ? LISTS[Number(key) - 1] : undefined
  return view === undefined || document.querySelector('nav') === null
    ? undefined
    : () => {
        location.hash = linkTo({ view })
      }
}

/** From a session to the sessions, and so on. */
function up(): void {
  const { view } = routeOf(location.hash)
  const above = { session: 'sessions', server: 'servers', rule: 'rules' } as const
  if (view === 'session' || view === 'server' || view === 'rule') location.hash = linkTo({ view: above[view] })
  else location.hash = linkTo({ view: 'overview' })
}

function step(by: 1 | -1): void {
  const rows = [...document.querySelectorAll<HTMLElement>(ROWS)]
  const at = rows.indexOf(document.activeElement as HTMLElement)
  const next = rows[at < 0 ? (by > 0 ? 0 : rows.length - 1) : at + by]
  next?.focus()
}

function isText(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLInputElement || target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement
  )
}
