// The bar above every view: what is open, the lists, and what can be saved.
import { decimal } from '../report/format-text.ts'
import type { WorkerClient } from './client.ts'
import type { Model } from './model.ts'
import { Picker } from './picker.tsx'
import { type ListName, linkTo, type Route } from './route.ts'
import { SaveMenu } from './save-menu.tsx'

interface Props {
  readonly model: Model | null
  readonly route: Route
  readonly client: WorkerClient
  readonly open: (files: readonly File[]) => void
  readonly isReading: boolean
}

export function Header({ model, route, client, open, isReading }: Props) {
  const isShown = model !== null && !isReading
  return (
    <header>
      <a class="wordmark" href={linkTo({ view: 'overview' })}>
        pipelint
      </a>
      {isShown && <Lists model={model} route={route} />}
      <div class="actions">
        {isShown && <SaveMenu client={client} server={route.view === 'server' ? route.id : null} />}
        {isShown && <Picker open={open} label="Open" />}
        <button type="button" onClick={toggleTheme} aria-label="Light or dark">
          ◐
        </button>
        <button
          type="button"
          aria-label="Help"
          onClick={() => document.querySelector<HTMLDialogElement>('#help')?.showModal()}
        >
          ?
        </button>
      </div>
    </header>
  )
}

/** The list that a view belongs to. */
const ABOVE = { session: 'sessions', server: 'servers', rule: 'rules' } as const

function Lists({ model, route }: { readonly model: Model; readonly route: Route }) {
  const { servers, incidents, judged } = model
  const lists: readonly (readonly [ListName, string, string | null])[] = [
    ['overview', 'Overview', null],
    ['servers', 'Servers', decimal(servers.length)],
    ['incidents', 'Incidents', `${decimal(incidents.length)}${judged.unlisted.findings > 0 ? '+' : ''}`],
    ['sessions', 'Sessions', decimal(judged.analysis.summary.sessions)],
    ['rules', 'Rules', null],
  ]
  const { view } = route
  const current = view === 'session' || view === 'server' || view === 'rule' ? ABOVE[view] : view
  return (
    <nav aria-label="Views">
      <ul>
        {lists.map(([name, title, count]) => (
          <li key={name}>
            <a
              href={linkTo({ view: name })}
              aria-current={name === current ? (name === view ? 'page' : 'true') : undefined}
            >
              {title}
              {count !== null && <span class="count"> {count}</span>}
            </a>
          </li>
        ))}
      </ul>
    </nav>
  )
}

/** As the system has it, until the user says otherwise. */
function toggleTheme(): void {
  const root = document.documentElement
  const isDark = getComputedStyle(root).colorScheme === 'dark' || (root.dataset.theme ?? system()) === 'dark'
  root.dataset.theme = isDark ? 'light' : 'dark'
}

function system(): string {
  return matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light'
}
