/** What is used of WebAssembly: the types of Node do not describe it. */
declare namespace WebAssembly {
  class Module {
    constructor(bytes: Uint8Array)
  }
  class Memory {
    constructor(size: { initial: number; maximum: number; shared?: boolean })
    readonly buffer: ArrayBuffer
  }
  class RuntimeError extends Error {}
  class Instance {
    constructor(module: Module, imports: Record<string, Record<string, unknown>>)
    readonly exports: Record<string, unknown>
  }
}
