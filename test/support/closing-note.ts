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
    const leftOut = modules.flatMap((module) => module.meta().leftOut ?? [])
    const peers = [...new Set(leftOut.flatMap(({ peers }) => peers))].map(
      (name) => `- what ${name} is needed for: it is not there`,
    )
    if (all)
      return [
        ...(peers.length === 0 ? ['Nothing was left out of these files.'] : ['Left out:', ...peers]),
        `TEST_SEED=${seed} npm run test:all  repeats this run.`,
      ]
    const variants = leftOut.reduce((sum, each) => sum + each.variants, 0)
    const files = globSync(`test/**/*${SLOW}`, { cwd: this.vitest?.config.root ?? '.' }).sort()
    return [
      'Left out:',
      `- ${variants} variants of tests that take a tenth of them, another one each day`,
      ...files.map((path) => `- ${path}`),
      ...peers,
      'npm run test:all  runs everything.',
      `TEST_DAY=${day} npm test  repeats this run.`,
    ]
  }
}
