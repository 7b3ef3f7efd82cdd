// The bundled program: V8 takes the code that was made of its files also for those that are loaded later, when its
// settings were changed for the engine.
import { execFileSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { MANY_CONNECTIONS } from '../../src/limits.ts'

const dist = fileURLToPath(new URL('../../dist', import.meta.url))

const SCRIPT = `
  const { Program } = await import('${dist}/start/load.js')
  const { engineSettings } = await import('${dist}/start/engine-settings.js')
  const program = new Program('${dist}/run', engineSettings)
  const rejected = []
  const [first, ...others] = process.argv.slice(1)
  program.load(first)
  engineSettings.begin()
  for (const name of others) {
    program.load(name)
    for (const [other, script] of program.scripts) if (script.cachedDataRejected !== false) rejected.push(other)
  }
  console.log(JSON.stringify({ loaded: program.scripts.size, rejected }))
`

test('files that are loaded after the settings were applied are loaded with their code', () => {
  const files = readdirSync(`${dist}/run`).filter((name) => name.endsWith('.code'))
  const names = files.map((name) => name.slice(0, -'.code'.length)).sort((a, b) => b.length - a.length)
  const result = execFileSync(process.execPath, ['--input-type=module', '-e', SCRIPT, ...names], { encoding: 'utf8' })
  expect(names.length).toBeGreaterThan(5)
  expect(JSON.parse(result)).toEqual({ loaded: names.length, rejected: [] })
})

const COUNT = `
  const { engineWork } = await import('${dist}/tcp/engine-work.js')
  const calls = []
  let n = 0
  engineWork.onMany = () => calls.push(n)
  while (n++ < ${3 * MANY_CONNECTIONS}) engineWork.note()
  console.log(JSON.stringify(calls))
`

test('the engine says once that it follows many connections', () => {
  const result = execFileSync(process.execPath, ['--input-type=module', '-e', COUNT], { encoding: 'utf8' })
  expect(JSON.parse(result)).toEqual([MANY_CONNECTIONS])
})
