// Storage for the files of a run, and its implementation for a directory that all machines share. A file is stored
// completely or not at all.
import { randomBytes } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { mkdir, open, readdir, realpath, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'

/** A file that appears when `commit` is called. */
export interface Draft {
  write(piece: string | Uint8Array): Promise<void>
  commit(): Promise<void>
  abandon(): Promise<void>
}

export interface RunStorage {
  draft(name: string): Promise<Draft>
  /** The bytes of a file; fails when it does not exist. */
  read(name: string): AsyncIterable<Uint8Array>
  has(name: string): Promise<boolean>
  names(): Promise<readonly string[]>
  remove(names: readonly string[]): Promise<void>
  /** Whether the run has any files. */
  exists(): Promise<boolean>
  /** Creates the storage of a run; fails when it exists. */
  begin(): Promise<void>
  /** Removes all files of the run. */
  end(): Promise<void>
}

const READ_BYTES = 1 << 20

/** Files of this thread that are not complete: a process that ends early removes them. */
export const unfinished = new Set<string>()

export class LocalStorage implements RunStorage {
  private readonly path: string

  private constructor(path: string) {
    this.path = path
  }

  static async of(workDir: string, run: string): Promise<LocalStorage> {
    return new LocalStorage(join(await realpath(workDir).catch(() => workDir), run))
  }

  async begin(): Promise<void> {
    await mkdir(this.path)
  }

  /** A link out of the work directory is not followed: it is no run. */
  async exists(): Promise<boolean> {
    return (await realpath(this.path).catch(() => null)) === this.path
  }

  /** The file has another name until it is complete. */
  async draft(name: string): Promise<Draft> {
    const path = join(this.path, name)
    const part = `${path}.${randomBytes(6).toString('hex')}.part`
    unfinished.add(part)
    const file = await open(part, 'wx')
    return {
      write: (piece) => file.writeFile(piece),
      async commit() {
        await file.sync()
        await file.close()
        await rename(part, path)
        unfinished.delete(part)
      },
      async abandon() {
        await file.close().catch(() => {})
        await rm(part, { force: true }).catch(() => {})
        unfinished.delete(part)
      },
    }
  }

  read(name: string): AsyncIterable<Uint8Array> {
    return createReadStream(join(this.path, name), { highWaterMark: READ_BYTES })
  }

  has(name: string): Promise<boolean> {
    return stat(join(this.path, name)).then(
      () => true,
      () => false,
    )
  }

  names(): Promise<readonly string[]> {
    return readdir(this.path)
  }

  async remove(names: readonly string[]): Promise<void> {
    for (const name of names) await rm(join(this.path, name), { force: true })
  }

  end(): Promise<void> {
    return rm(this.path, { recursive: true, force: true })
  }
}
