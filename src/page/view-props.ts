// What every list gets.
import type { Model } from './model.ts'
import type { Route } from './route.ts'

export interface ViewProps {
  readonly model: Model
  readonly route: Route
}
