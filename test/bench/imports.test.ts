// The benchmark's scripts import what is built, which no compiler checks: they would only fail when they are run.
import { readdirSync, readFileSync } from 'node:fs'
import { expect, it } from 'vitest'

const folder = new URL('.', import.meta.url)
const IMPORTS = /^import \{ ([^}]+) \} from '\.\.\/\.\.\/dist\/([^']+)\.js'$/gm

it('scripts of the benchmark import files and names that exist', () => {
  const imported = readdirSync(folder)
    .filter((name) => name.endsWith('.mjs'))
    .flatMap((name) => [...readFileSync(new URL(name, folder), 'utf8').matchAll(IMPORTS)])
  expect(imported.length).toBeGreaterThan(5)
  const missing = imported.flatMap(([, names = '', file = '']) => {
    const source = readFileSync(new URL(`../../src/${file}.ts`, folder), 'utf8')
    return names.split(', ').filter((name) => !new RegExp(`^export .*\\b${name}\\b`, 'm').test(source))
  })
  expect(missing).toEqual([])
})
