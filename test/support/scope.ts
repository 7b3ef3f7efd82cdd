// How much a run of the tests covers -> read from the environment, here and nowhere else.
//
//   TEST_SCOPE=all         every test with every variant: `npm run test:all`; without it, what every change must pass
//   TEST_SCOPE=essential   what another Node or another system could break: `npm run test:essential`, `npm run test:nodes`
//   TEST_DAY=2026-11-30    which tenth of the variants `npm test` takes; without it, today's
//   TEST_SEED=7            what property tests draw from; without it, always the same in `npm test`, drawn in `test:all`

export interface Scope {
  readonly all: boolean
  readonly essential: boolean
  /** UTC, as `2026-11-30`. */
  readonly day: string
  readonly seed: number
}

export interface LeftOut {
  readonly variants: number
  /** Programs that are not installed. */
  readonly peers: readonly string[]
}

declare module 'vitest' {
  interface ProvidedContext {
    scope: Scope
  }
  interface TaskMeta {
    /** What a file left out. */
    leftOut?: LeftOut
  }
}

/** A file that ends like this is a part of `test:all` only. */
export const SLOW = '.slow.test.ts'
/** Files, decompression, keys, threads, processes, and the whole program: where Nodes and systems differ. */
export const ESSENTIAL = [
  ...['capture/*', 'parallel/*', 'tls/inside', 'tls/starttls', 'cli/*', 'rules', 'samples', 'package'],
].map((name) => `test/${name}.test.ts`)
const PINNED_SEED = 2920

export function scopeOf(environment: NodeJS.ProcessEnv): Scope {
  const { TEST_SCOPE, TEST_DAY, TEST_SEED } = environment
  if (TEST_SCOPE !== undefined && TEST_SCOPE !== 'all' && TEST_SCOPE !== 'essential') {
    throw new Error(`TEST_SCOPE=${TEST_SCOPE}: it can be "all" or "essential"`)
  }
  const all = TEST_SCOPE === 'all'
  const essential = TEST_SCOPE === 'essential'
  const day = TEST_DAY ?? new Date().toISOString().slice(0, 10)
  if (Number.isNaN(dayNumber(day))) throw new Error(`TEST_DAY=${day}: it is a date such as 2026-11-30`)
  const seed = TEST_SEED === undefined ? (all ? Math.floor(Math.random() * 2 ** 31) : PINNED_SEED) : Number(TEST_SEED)
  if (!Number.isInteger(seed)) throw new Error(`TEST_SEED=${TEST_SEED}: it is a whole number`)
  return { all, essential, day, seed }
}

/** Days since the Unix epoch. */
export function dayNumber(day: string): number {
  return Date.parse(`${day}T00:00:00Z`) / 86_400_000
}
