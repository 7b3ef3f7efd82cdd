// Settings of V8 for reading many sessions. It accepts the compiled code of the program (`load.ts`) only while its
// settings are those with which that was made, so these hold whenever no file is being loaded.
import { versions } from 'node:process'
import { setFlagsFromString } from 'node:v8'

interface Setting {
  readonly ours: string
  /** As V8 has it by itself. */
  readonly usual: string
}

const SETTINGS: readonly Setting[] = [
  // Literals of which most lived long are made in old space from then on. Those of sessions that are over then keep
  // the rest of these sessions alive until old space is collected: all of it is copied twice.
  { ours: '--no-allocation-site-pretenuring', usual: '--allocation-site-pretenuring' },
  // The engine is many functions that call each other and run a few thousand times. With more of them in each other,
  // a third of the time went into compiling them.
  { ours: '--max-inlined-bytecode-size-cumulative=200', usual: '--max-inlined-bytecode-size-cumulative=920' },
]

/** V8 11 is that of Node 20. What other versions gain has not been measured. */
const isKnown = versions.v8.startsWith('11.')

export const engineSettings = {
  apply(): void {
    if (isKnown) for (const { ours } of SETTINGS) setFlagsFromString(ours)
  },
  takeBack(): void {
    if (isKnown) for (const { usual } of SETTINGS) setFlagsFromString(usual)
  },
}

export type EngineSettings = typeof engineSettings
