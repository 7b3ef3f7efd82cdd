// The kernel by itself, compiled with free space between the blocks of its memory: whatever is written there was written
// behind the end of a block.
import { spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { KernelExports, KernelHost } from '../../src/fast-path/kernel.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))

/** Free bytes in front of each block. */
const GUARD = 64 * 1024
const PATTERN = 0xa5
const PAGES = 2944 + 64

/** In `memory.ts`, a block that stands behind another: its name, and where that ends. */
const BLOCK = /^export const (\w+): usize = ((?!64 \* KIB).+)$/gm

export interface GuardedKernel {
  readonly exports: KernelExports
  readonly bytes: Uint8Array
  readonly numbers: Int32Array
  readonly times: Float64Array
  /** Blocks of memory by name, and whether something was written in front of them, in this order. */
  overrun(): readonly string[]
}

interface Compiled {
  readonly module: WebAssembly.Module
  readonly blocks: readonly string[]
}

/** Takes seconds. */
export function compileGuarded(): Compiled {
  const folder = mkdtempSync(join(tmpdir(), 'pipelint-kernel-'))
  try {
    cpSync(join(root, 'src/fast-path/kernel'), folder, { recursive: true })
    const layout = readFileSync(join(folder, 'memory.ts'), 'utf8')
    const blocks = [...layout.matchAll(BLOCK)].map(([, name]) => name as string)
    writeFileSync(join(folder, 'memory.ts'), layout.replace(BLOCK, `export const $1: usize = $2 + ${GUARD}`))
    const index = readFileSync(join(folder, 'index.ts'), 'utf8')
    const lists = [...index.matchAll(/^export \{([^}]*)\} from '\.\/memory'$/gm)].map(([, names = '']) => names)
    const exported = new Set(lists.flatMap((names) => names.split(',').map((name) => name.trim())))
    const others = blocks.filter((name) => !exported.has(name))
    writeFileSync(join(folder, 'index.ts'), `${index}\nexport { ${others.join(', ')} } from './memory'\n`)
    const words = ['--config', join(folder, 'asconfig.json'), '--outFile', join(folder, 'kernel.wasm')]
    const sizes = ['--initialMemory', `${PAGES}`, '--maximumMemory', `${PAGES}`]
    const asc = join(root, 'node_modules/assemblyscript/bin/asc.js')
    const { status, stderr } = spawnSync(process.execPath, [asc, ...words, ...sizes], { cwd: folder, encoding: 'utf8' })
    if (status !== 0) throw new Error(stderr)
    return { module: new WebAssembly.Module(readFileSync(join(folder, 'kernel.wasm'))), blocks }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

export function guardedKernel({ module, blocks }: Compiled, host: KernelHost): GuardedKernel {
  const memory = new WebAssembly.Memory({ initial: PAGES, maximum: PAGES })
  const instance = new WebAssembly.Instance(module, { env: { memory }, host: { ...host } })
  const exports = instance.exports as unknown as KernelExports
  const addresses = instance.exports as unknown as Readonly<Record<string, { readonly value: number }>>
  const bytes = new Uint8Array(memory.buffer)
  const guards = blocks.map((name) => ({ name, at: (addresses[name]?.value ?? 0) - GUARD }))
  for (const { at } of guards) bytes.fill(PATTERN, at, at + GUARD)
  const whole = new Uint8Array(GUARD).fill(PATTERN)
  return {
    exports,
    bytes,
    numbers: new Int32Array(memory.buffer),
    times: new Float64Array(memory.buffer),
    overrun: () =>
      guards.filter(({ at }) => Buffer.compare(bytes.subarray(at, at + GUARD), whole) !== 0).map(({ name }) => name),
  }
}
