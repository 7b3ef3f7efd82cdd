// The compiled kernel of the fast path, which the bundler puts here in base64.
import { kernel } from 'pipelint:kernel'

export function kernelModule(): WebAssembly.Module {
  return new WebAssembly.Module(Uint8Array.from(atob(kernel), (letter) => letter.charCodeAt(0)))
}

/** Its memory. Browsers share none with a page from a file. */
export function kernelMemory(pages: number): WebAssembly.Memory {
  return new WebAssembly.Memory({ initial: pages, maximum: pages })
}
