// The compiled kernel of the fast path, from its file. In the page it is part of the script (`page/host/kernel-module.ts`).
import { readFileSync } from 'node:fs'

export function kernelModule(): WebAssembly.Module {
  return new WebAssembly.Module(readFileSync(new URL('../../dist/fast-path/kernel.wasm', import.meta.url)))
}

/**
 * Its memory. V8 counts what is not shared as garbage that could be collected soon, and looks for it: a tenth of the time
 * that a small capture takes.
 */
export function kernelMemory(pages: number): WebAssembly.Memory {
  return new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true })
}
