// Which view is shown: the part of the address behind `#`, so that every view has a link. `#session=s17`,
// `#server=192.0.2.1:25`, `#rule=input-lost`, `#incidents`, `#sessions&filter=suspected`.

export const LISTS = ['overview', 'servers', 'incidents', 'sessions', 'rules'] as const
export type ListName = (typeof LISTS)[number]

export interface Route {
  readonly view: ListName | 'session' | 'server' | 'rule'
  /** Of a session, a server or a rule. */
  readonly id: string
  readonly filter: string
}

export function routeOf(hash: string): Route {
  const words = new URLSearchParams(hash.replace(/^#/, ''))
  const filter = words.get('filter') ?? ''
  for (const view of ['session', 'server', 'rule'] as const) {
    const id = words.get(view)
    if (id !== null && id !== '') return { view, id, filter }
  }
  return { view: LISTS.find((name) => words.has(name)) ?? 'overview', id: '', filter }
}

export function linkTo({ view, id = '', filter = '' }: Partial<Route> & Pick<Route, 'view'>): string {
  // Colons and brackets of addresses stay readable.
  const encoded = (text: string) =>
    encodeURIComponent(text).replace(/%(?:3A|5B|5D|2F)/g, (escaped) => decodeURIComponent(escaped))
  const place = view === 'session' || view === 'server' || view === 'rule' ? `${view}=${encoded(id)}` : view
  return `#${place}${filter === '' ? '' : `&filter=${encoded(filter)}`}`
}
