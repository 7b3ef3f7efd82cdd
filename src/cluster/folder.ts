// The folder of a run in the work directory, which all machines see. What goes in is written whole or not at all: under
// another name first. What comes out is what was written.
import { randomBytes } from 'node:crypto'
import { mkdir, open, readdir, readFile, realpath, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'

/** The work directory refuses: a matter for whoever runs the cluster, not of a capture. */
export class WorkDirError extends Error {
  /** With what its message begins: of a job that failed elsewhere nothing else is left. */
  static readonly PREFIX = 'work directory '

  constructor(path: string, error: unknown) {
    super(`${WorkDirError.PREFIX}${path}: ${reasonOf(error)}`)
    this.name = 'WorkDirError'
  }
}

/** `ENOSPC: no space left on device`, without the names of calls and files. */
export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message.replace(/, \w+( '.*)?$/s, '') : String(error)
}

/** A file that appears when it is committed. */
export interface Draft {
  write(piece: string | Uint8Array): Promise<void>
  commit(): Promise<void>
  abandon(): Promise<void>
}

export class Folder {
  readonly workDir: string
  private readonly path: string

  private constructor(workDir: string, path: string) {
    this.workDir = workDir
    this.path = path
  }

  static async create(workDir: string, run: string): Promise<Folder> {
    const path = join(workDir, run)
    try {
      await mkdir(path)
    } catch (error) {
      throw new WorkDirError(workDir, error)
    }
    return new Folder(workDir, path)
  }

  /** Null where there is none. A link that leads out of the work directory is none. */
  static async open(workDir: string, run: string): Promise<Folder | null> {
    const path = join(await realpath(workDir).catch(() => workDir), run)
    const isReal = (await realpath(path).catch(() => null)) === path
    return isReal ? new Folder(workDir, path) : null
  }

  /** The folder of a run that a job names. Throws WorkDirError where there is none. */
  static async named(workDir: string, run: string): Promise<Folder> {
    const folder = await Folder.open(workDir, run)
    if (folder !== null) return folder
    throw new WorkDirError(workDir, new Error(`it has no run ${run}; is it the one that the run was submitted with?`))
  }

  /** A file in the making. */
  async draft(name: string): Promise<Draft> {
    const path = join(this.path, name)
    const part = `${path}.${randomBytes(6).toString('hex')}.part`
    const file = await this.told(() => open(part, 'wx'))
    return {
      write: (piece) => this.told(() => file.writeFile(piece)),
      commit: () =>
        this.told(async () => {
          await file.sync()
          await file.close()
          await rename(part, path)
        }),
      async abandon() {
        await file.close().catch(() => {})
        await rm(part, { force: true }).catch(() => {})
      },
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

  /** Throws WorkDirError where it is not there or no JSON. */
  readJson(name: string): Promise<unknown> {
    return this.told(async () => JSON.parse(await readFile(join(this.path, name), 'utf8')) as unknown)
  }

  has(name: string): Promise<boolean> {
    return stat(join(this.path, name)).then(
      () => true,
      () => false,
    )
  }

  pathOf(name: string): string {
    return join(this.path, name)
  }

  /** Removes what is no longer needed: all files of which the name is none of these. */
  async clear(kept: readonly string[]): Promise<void> {
    for (const name of await readdir(this.path)) {
      if (!kept.includes(name)) await rm(join(this.path, name), { force: true })
    }
  }

  async remove(): Promise<void> {
    await this.told(() => rm(this.path, { recursive: true, force: true }))
  }

  private async told<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work()
    } catch (error) {
      throw new WorkDirError(this.workDir, error)
    }
  }
}
