// The sources of the kernel: constructs that its compiler gets wrong, and numbers that other files hold as well.
import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import * as allLimits from '../../src/limits.ts'

const limits = new Map(Object.entries(allLimits))

const folder = fileURLToPath(new URL('../../src/fast-path/kernel/', import.meta.url))
const files = readdirSync(folder)
  .filter((name) => name.endsWith('.ts'))
  .map((name) => ({ name, text: readFileSync(`${folder}${name}`, 'utf8') }))

test('the kernel has files', () => {
  expect(files.length).toBeGreaterThan(10)
})

// The compiler (assemblyscript 0.28.20, optimised) loses iterations of such a loop when it continues in the middle and
// ends in `break`. A `while` with a condition is compiled as it is written.
test.each(files)('$name has no endless loop', ({ text }) => {
  expect(text).not.toMatch(/\bfor\s*\(\s*;\s*;/)
  expect(text).not.toMatch(/\bwhile\s*\(\s*(?:true|1)\s*\)/)
})

/** `1 << 15`, `86_400`, `2 * 1024` -> the number. */
function numberIn(expression: string): number {
  const [first, ...others] = expression.replaceAll('_', '').split(/\s*(<<|\*)\s*/)
  let value = Number(first)
  for (let i = 0; i < others.length; i += 2) {
    const factor = Number(others[i + 1])
    value = others[i] === '*' ? value * factor : value * 2 ** factor
  }
  return value
}

const AS_ELSEWHERE =
  /^(?:\/\/|\/\*\*) (?:As in limits\.ts: ([A-Z_, ]+)\.|As ([A-Z_]+) of limits\.ts\b.*)\n((?:(?:export )?const .*\n)+)/gm

interface Copied {
  readonly file: string
  readonly name: string
  readonly value: number
}

const copied: readonly Copied[] = files.flatMap(({ name: file, text }) =>
  [...text.matchAll(AS_ELSEWHERE)].flatMap(([, several, one, declarations = '']) => {
    const values = [...declarations.matchAll(/const \w+: \w+ = (.+)\n/g)].map(([, value = '']) => numberIn(value))
    return (several ?? one ?? '').split(', ').map((name, i) => ({ file, name, value: values[i] ?? Number.NaN }))
  }),
)

describe('numbers that limits.ts holds as well', () => {
  test('are found', () => {
    const mentioned = files.reduce((sum, { text }) => sum + (text.match(/\blimits\.ts\b/g)?.length ?? 0), 0)
    const found = new Set(copied.map(({ file, name }) => `${file} ${name}`))
    expect(found.size).toBeGreaterThanOrEqual(mentioned)
    expect(found.size).toBeGreaterThan(10)
  })

  test.each(copied)('$name in $file', ({ name, value }) => {
    expect(value).toBe(limits.get(name))
  })
})

test('the engine ends what is over as often as the kernel says', () => {
  const every = /EXPIRE_EVERY(?:: i64)? = (\d+)/
  const engine = readFileSync(fileURLToPath(new URL('../../src/tcp/flow-tracker.ts', import.meta.url)), 'utf8')
  const kernel = files.find(({ name }) => name === 'settings.ts')?.text ?? ''
  expect(every.exec(kernel)?.[1]).toBeDefined()
  expect(every.exec(kernel)?.[1]).toBe(every.exec(engine)?.[1])
})

test('a window of the kernel is as large as its host knows', () => {
  const memory = files.find(({ name }) => name === 'memory.ts')?.text ?? ''
  expect(/WINDOW_BYTES: u32 = 2 \* MIB/.test(memory)).toBe(limits.get('KERNEL_WINDOW_BYTES') === 2 << 20)
})

test('docs/fast-path.md draws every block of the memory, in order', () => {
  const memory = files.find(({ name }) => name === 'memory.ts')?.text ?? ''
  const blocks = [...memory.matchAll(/^export const (\w+): usize = /gm)].map(([, name]) => name)
  const page = readFileSync(fileURLToPath(new URL('../../docs/fast-path.md', import.meta.url)), 'utf8')
  const drawn = [...page.matchAll(/^ *(?:64 KiB )?[├┬]─ ([A-Z]+) /gm)].map(([, name]) => name)
  expect([...drawn, 'MEMORY_BYTES']).toEqual(blocks)
})
