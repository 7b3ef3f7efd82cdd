// The filter is a part of the address.
import { linkTo, type Route } from './route.ts'

/** Replaces the filter in the address, without an entry in the history for every letter. */
export function setFilter(route: Route, filter: string): void {
  history.replaceState(null, '', linkTo({ ...route, filter }))
  dispatchEvent(new HashChangeEvent('hashchange'))
}
