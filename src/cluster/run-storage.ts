// Where the files of a run are kept, and the implementation for a directory that all machines share. A file is there
// completely or not at all.
import { randomBytes } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { mkdir, open, readdir, realpath, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'

/** A file that appears when it is committed. */
export interface Draft {
  write(piece: string | Uint8Array): Promise<void>
  commit(): Promise<void>
  abandon(): Promise<void>
}

export interface RunStorage {
  draft(name: string): Promise<Draft>
  /** Its octets; fails where it is not there. */
  read(name: string): AsyncIterable<Uint8Array>
  has(name: string): Promise<boolean>
  names(): Promise<readonly string[]>
  remove(names: readonly string[]): Promise<void>
  /** Whether anything is left of the run. */
  exists(): Promise<boolean>
  /** The run begins; fails where it has begun. */
  begin(): Promise<void>
  /** Nothing is left of the run. */
  end(): Promise<void>
}

const READ_BYTES = 1 << 20

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

  /** A link that leads out of the work directory is no run. */
  async exists(): Promise<boolean> {
    return (await realpath(this.path).catch(() => null)) === this.path
  }

  /** Under another name until it is whole. */
  async draft(name: string): Promise<Draft> {
    const path = join(this.path, name)
    const part = `${path}.${randomBytes(6).toString('hex')}.part`
    const file = await open(part, 'wx')
    return {
      write: (piece) => file.writeFile(piece),
      async commit() {
        await file.sync()
        await file.close()
        await rename(part, path)
      },
      async abandon() {
        await file.close().catch(() => {})
        await rm(part, { force: true }).catch(() => {})
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
