// How much the engine has to do, for a process that has settings for much of it (`start/engine-settings.ts`).
import { MANY_CONNECTIONS } from '../limits.ts'

let followed = 0

export const engineWork = {
  /** Called once, when the engine follows many connections. */
  onMany: (): void => {},
  /** The engine follows one more connection. */
  note(): void {
    if (++followed === MANY_CONNECTIONS) engineWork.onMany()
  },
}
