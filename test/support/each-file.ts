// Runs in front of every test file: seeds the property tests, and reports what the file left out.
import fc from 'fast-check'
import { afterAll, inject } from 'vitest'
import { takeLeftOut } from './left-out.ts'

fc.configureGlobal({ seed: inject('scope').seed })

// biome-ignore lint/correctness/noEmptyPattern: vitest wants to see which fixtures are asked for: none.
afterAll(({}, file) => {
  file.meta.leftOut = takeLeftOut()
})
