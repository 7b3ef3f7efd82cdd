// Settings of V8 for reading many sessions. It accepts the compiled code of the program (`load.ts`) only while its
// settings are those with which that was made, so these hold from when the engine has much to do, whenever no file is being
// loaded.
import { getBuiltinModule, versions } from 'node:process'

interface Setting {
  readonly ours: string
  /** As V8 has it by itself. */
  readonly usual: string
}

const SETTINGS: readonly Setting[] = [
  // Literals of which most lived long are made in old space from then on. Those of sessions that are over then keep
  // the rest of these sessions alive until old space is collected: all of it is copied twice.
  { ours: '--no-allocation-site-pretenuring', usual: '--allocation-site-pretenuring' },
  // Old space may grow by a fifth between two collections, not to several times what lives in it: of a flood, most of it
  // is garbage. A collection is cheap where little lives.
  { ours: '--heap-growing-percent=20', usual: '--heap-growing-percent=0' },
  // The engine is many functions that call each other and run a few thousand times. With more of them in each other,
  // a third of the time went into compiling them.
  { ours: '--max-inlined-bytecode-size-cumulative=200', usual: '--max-inlined-bytecode-size-cumulative=920' },
  // The callbacks of `some`, `map` and the like are called, not compiled into the loop of their caller. For a few thousand
  // sessions with faults that saves a thirtieth; for ten times as many, all with faults, it costs as much.
  { ours: '--no-turbo-inline-array-builtins', usual: '--turbo-inline-array-builtins' },
  // What a session runs through is compiled somewhat earlier: it is certain by then that more come like it. (After a third
  // of the runs, a capture with faults takes another twentieth less, and one with many losses as much more.)
  { ours: '--interrupt-budget=45000', usual: '--interrupt-budget=67584' },
  // Loops over the few commands of a group are compiled once, not a second time for their first round.
  { ours: '--no-turbo-loop-peeling', usual: '--turbo-loop-peeling' },
]

/** V8 11 is that of Node 20. What other versions gain has not been measured. */
const isKnown = versions.v8.startsWith('11.')
let state: 'new' | 'usual' | 'ours' = 'new'

function set(which: 'ours' | 'usual'): void {
  const { setFlagsFromString } = getBuiltinModule('node:v8')
  for (const setting of SETTINGS) setFlagsFromString(setting[which])
  state = which
}

export const engineSettings = {
  /** The engine has much to do from now on. */
  begin(): void {
    if (state === 'new' && isKnown) set('ours')
  },
  /** After `takeBack`. */
  apply(): void {
    if (state === 'usual') set('ours')
  },
  takeBack(): void {
    if (state === 'ours') set('usual')
  },
}

export type EngineSettings = typeof engineSettings
