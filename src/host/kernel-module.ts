// The compiled kernel of the fast path, from its file. In the page it is part of the script (`page/host/kernel-module.ts`).
import { readFileSync } from 'node:fs'

export function kernelModule(): WebAssembly.Module {
  return new WebAssembly.Module(readFileSync(new URL('../../dist/fast-path/kernel.wasm', import.meta.url)))
}
