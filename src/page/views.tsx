// The view that the address names.
import type { WorkerClient } from './client.ts'
import { IncidentsView } from './incidents-view.tsx'
import { Overview } from './overview.tsx'
import { RuleView } from './rule-view.tsx'
import { RulesView } from './rules-view.tsx'
import { ServerView } from './server-view.tsx'
import { ServersView } from './servers-view.tsx'
import { SessionView } from './session-view.tsx'
import { SessionsView } from './sessions-view.tsx'
import type { ViewProps } from './view-props.ts'

export function Views({ model, route, client }: ViewProps & { readonly client: WorkerClient }) {
  switch (route.view) {
    case 'overview':
      return <Overview model={model} />
    case 'servers':
      return <ServersView model={model} route={route} />
    case 'incidents':
      return <IncidentsView model={model} route={route} />
    case 'sessions':
      return <SessionsView model={model} route={route} />
    case 'rules':
      return <RulesView model={model} route={route} />
    case 'session':
      return <SessionView key={route.id} model={model} id={route.id} client={client} />
    case 'server':
      return <ServerView model={model} route={route} />
    case 'rule':
      return <RuleView model={model} id={route.id} />
  }
}
