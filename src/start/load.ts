// Loads the files of the bundled program (dist/run/) with the code that V8 made of them when they were built: compiling
// would take longer than judging a small capture. Node 20 has no such cache of its own.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { getBuiltinModule } from 'node:process'
import { constants, Script } from 'node:vm'
import type { EngineSettings } from './engine-settings.ts'

/** Modules of Node that few runs use, and that load many others: some milliseconds in all. */
const SELDOM = new Set([
  'child_process',
  'crypto',
  'fs/promises',
  'net',
  'os',
  'readline',
  'stream',
  'worker_threads',
  'zlib',
])

/** The file of the program that reads and judges in full what the kernel does not. */
const LATE = /^\.\/judging-/
/** A process that reads for longer has it loaded by then: an update of the package may remove the file. */
const LATE_MS = 1000

interface Loaded {
  exports: object
}

/** The end of the name of the file that holds the code of another one, in the same folder. */
export const CODE_ENDING = '.code'

/** The files of a folder, each loaded once, and what they require from each other. */
export class Program {
  /** For writing the code after a run, with all functions that were called in it. */
  readonly scripts = new Map<string, Script>()
  private readonly folder: string
  private readonly loaded = new Map<string, Loaded>()
  private readonly settings: EngineSettings | null
  /** Number of files that are being loaded, each by the one before. */
  private loading = 0

  /** `settings`: for what runs between loading. */
  constructor(folder: string, settings: EngineSettings | null = null) {
    this.folder = folder
    this.settings = settings
  }

  /** Returns what the CommonJS module `name` exports. */
  load(name: string): object {
    const known = this.loaded.get(name)
    if (known !== undefined) return known.exports
    if (this.loading++ === 0) this.settings?.takeBack()
    try {
      return this.loadNew(name)
    } finally {
      if (--this.loading === 0) this.settings?.apply()
    }
  }

  private loadNew(name: string): object {
    const module: Loaded = { exports: {} }
    this.loaded.set(name, module)
    const filename = join(this.folder, name)
    const script = new Script(textOf(filename), {
      filename,
      cachedData: codeOf(filename),
      importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
    })
    this.scripts.set(name, script)
    const require = (specifier: string) => {
      const load = () => (specifier.startsWith('./') ? this.load(specifier.slice(2)) : this.loadOther(specifier))
      const isLate = LATE.test(specifier)
      if (isLate) setTimeout(load, LATE_MS).unref()
      return isLate || SELDOM.has(specifier.replace(/^node:/, '')) ? onceUsed(load) : load()
    }
    script.runInThisContext()(module.exports, require, module, filename, this.folder)
    return module.exports
  }

  /** A module of Node, or a package. */
  private loadOther(specifier: string): object {
    const ofNode = getBuiltinModule(specifier)
    if (ofNode !== undefined) return ofNode
    // It loads what ES modules and source maps need: few runs use a package that is not in the bundle.
    const { createRequire } = getBuiltinModule('node:module')
    return createRequire(join(this.folder, 'program.js'))(specifier) as object
  }
}

/** What a module exports, which is loaded when something of it is used. */
function onceUsed(load: () => object): object {
  return new Proxy({}, { get: (_, name) => Reflect.get(load(), name) })
}

/** The bundler writes ASCII alone, which is read faster as Latin-1. */
function textOf(filename: string): string {
  return readFileSync(filename, 'latin1')
}

/** V8 does not use code of another version of itself, or made with other flags. */
function codeOf(filename: string): Buffer | undefined {
  try {
    return readFileSync(filename + CODE_ENDING)
  } catch {
    return undefined
  }
}
