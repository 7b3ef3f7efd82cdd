import { configDefaults, defineConfig } from 'vitest/config'
import { ClosingNote } from './test/support/closing-note.ts'
import { ESSENTIAL, SLOW, scopeOf } from './test/support/scope.ts'

const scope = scopeOf(process.env)

export default defineConfig({
  test: {
    include: scope.essential ? ESSENTIAL : ['test/**/*.test.ts'],
    exclude: [...configDefaults.exclude, ...(scope.all ? [] : [`**/*${SLOW}`])],
    provide: { scope },
    setupFiles: ['test/support/each-file.ts'],
    reporters: ['default', new ClosingNote(scope)],
    // Every core: what is left to vitest leaves one idle.
    maxWorkers: '100%',
    isolate: false,
    // A busy machine takes its time.
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
})
