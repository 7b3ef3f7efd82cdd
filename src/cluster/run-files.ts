// The folder of a run in the work directory, which all machines share. A file is written completely or not at all.
import { DeliveryError } from '../errors.ts'
import { FOR_S3, withPackages } from './optional-packages.ts'
import type { Draft, RunStorage } from './run-storage.ts'
import { LocalStorage } from './run-storage.ts'
import { isUrl } from './urls.ts'

/** The work directory cannot be used. This is a problem of the cluster, not of a capture. */
export class WorkDirError extends DeliveryError {
  /** The beginning of its message. Of a job that failed on another machine only the message is known. */
  static readonly PREFIX = 'work directory '

  constructor(workDir: string, error: unknown) {
    super(`${WorkDirError.PREFIX}${workDir}: ${reasonOf(error)}`)
    this.name = 'WorkDirError'
  }
}

/** `ENOSPC: no space left on device`, without the names of calls and files. */
function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message.replace(/, \w+( '.*)?$/s, '') : String(error)
}

/** All methods throw WorkDirError. */
export class RunFiles {
  readonly workDir: string
  private readonly storage: RunStorage

  private constructor(workDir: string, storage: RunStorage) {
    this.workDir = workDir
    this.storage = storage
  }

  static async create(workDir: string, run: string): Promise<RunFiles> {
    const folder = new RunFiles(workDir, await storageOf(workDir, run))
    await folder.told(() => folder.storage.begin())
    return folder
  }

  /** Null if there is no such file. */
  static async open(workDir: string, run: string): Promise<RunFiles | null> {
    const folder = new RunFiles(workDir, await storageOf(workDir, run))
    return (await folder.told(() => folder.storage.exists())) ? folder : null
  }

  /** The folder of a run that a job names. Throws WorkDirError when it does not exist. */
  static async named(workDir: string, run: string): Promise<RunFiles> {
    const folder = await RunFiles.open(workDir, run)
    if (folder !== null) return folder
    throw new WorkDirError(workDir, new Error(`no run ${run} in it; use the same --work-dir as for submit`))
  }

  /** Creates a file, which appears when it is complete. */
  async draft(name: string): Promise<Draft> {
    const draft = await this.told(() => this.storage.draft(name))
    return {
      write: (piece) => this.told(() => draft.write(piece)),
      commit: () => this.told(() => draft.commit()),
      abandon: () => draft.abandon(),
    }
  }

  /** Writes a file from its pieces. */
  async write(name: string, pieces: Iterable<string | Uint8Array> | AsyncIterable<string | Uint8Array>): Promise<void> {
    const draft = await this.draft(name)
    try {
      for await (const piece of pieces) await draft.write(piece)
      await draft.commit()
    } catch (error) {
      await draft.abandon()
      throw error
    }
  }

  writeJson(name: string, value: unknown): Promise<void> {
    return this.write(name, [JSON.stringify(value)])
  }

  async *read(name: string): AsyncGenerator<Uint8Array, void, void> {
    try {
      yield* this.storage.read(name)
    } catch (error) {
      throw new WorkDirError(this.workDir, error)
    }
  }

  /** Throws WorkDirError also for a file that is not JSON. */
  async readJson(name: string): Promise<unknown> {
    const pieces: Uint8Array[] = []
    for await (const piece of this.read(name)) pieces.push(piece)
    return this.told(async () => JSON.parse(Buffer.concat(pieces).toString('utf8')) as unknown)
  }

  has(name: string): Promise<boolean> {
    return this.told(() => this.storage.has(name))
  }

  /** Removes all files except those with these names. */
  clear(kept: readonly string[]): Promise<void> {
    return this.told(async () => {
      const names = await this.storage.names()
      await this.storage.remove(names.filter((name) => !kept.includes(name)))
    })
  }

  remove(): Promise<void> {
    return this.told(() => this.storage.end())
  }

  private async told<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work()
    } catch (error) {
      throw error instanceof WorkDirError ? error : new WorkDirError(this.workDir, error)
    }
  }
}

async function storageOf(workDir: string, run: string): Promise<RunStorage> {
  if (!isUrl(workDir)) return LocalStorage.of(workDir, run)
  // Loaded on demand, because loading takes long.
  const { S3Storage } = await withPackages(FOR_S3, import('./s3-storage.ts'))
  return S3Storage.of(workDir, run)
}
