// What a run covered -> lines before and after it: what was left out, and how to run that; how to repeat the run.
import { globSync } from 'tinyglobby'
import type { Reporter, TestModule, Vitest } from 'vitest/node'
import { type Scope, SLOW } from './scope.ts'

export class ClosingNote implements Reporter {
  private readonly scope: Scope
  private vitest: Vitest | null = null

  constructor(scope: Scope) {
    this.scope = scope
  }

  onInit(vitest: Vitest): void {
    this.vitest = vitest
    if (this.scope.all) vitest.logger.log(`Everything, seed ${this.scope.seed}.`)
  }

  onTestRunEnd(modules: readonly TestModule[]): void {
    for (const line of this.lines(modules)) this.vitest?.logger.log(line)
  }

  private lines(modules: readonly TestModule[]): string[] {
    const { all, day, seed } = this.scope
    if (all) return [`Nothing was left out. TEST_SEED=${seed} npm run test:all  repeats this run.`]
    const variants = modules.reduce((sum, module) => sum + (module.meta().leftOut ?? 0), 0)
    const files = globSync(`test/**/*${SLOW}`, { cwd: this.vitest?.config.root ?? '.' }).sort()
    return [
      'Left out:',
      `- ${variants} variants of tests that take a tenth of them, another one each day`,
      ...files.map((path) => `- ${path}`),
      'npm run test:all  runs everything.',
      `TEST_DAY=${day} npm test  repeats this run.`,
    ]
  }
}
