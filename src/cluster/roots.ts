// The folders, and the beginnings of URLs, under which a worker opens captures, whatever a job says.
import { realpath, stat } from 'node:fs/promises'
import { sep } from 'node:path'
import { problem } from '../capture/records.ts'
import { type ByteRange, type ByteSource, fileOpener, type Opener } from '../capture/source.ts'
import type { CaptureError } from '../problems.ts'
import { CHANGED, lookAt, openObject, type Seen } from './objects.ts'
import { isUrl, objectAt, toRootUrl, under } from './urls.ts'

export interface Roots {
  /** What is stored there, links followed. Throws CaptureError `unreadable` where it leads out of all roots, or nowhere. */
  admit(capture: Named): Promise<Admitted>
}

/** A capture as the user calls it, and where it lies. */
export interface Named {
  readonly name: string
  readonly path: string
  /** The one that is wanted; null: whichever is there. */
  readonly edition: string | null
}

export interface Admitted {
  look(): Promise<Seen>
  readonly open: Opener
}

/** Words for folders are followed when they are given, and as they are then. */
export async function rootsOf(words: readonly string[]): Promise<Roots> {
  const urls = words.filter(isUrl).map(toRootUrl)
  const folders = await Promise.all(words.filter((word) => !isUrl(word)).map((folder) => realpath(folder)))
  return {
    async admit({ name, path, edition }) {
      if (isUrl(path)) {
        const url = under(path, urls)
        if (url === null) throw outside(name)
        const object = await objectAt(url)
        return { look: () => lookAt(object, name), open: (range) => openObject(object, name, edition, range) }
      }
      const real = await asked(realpath(path), name)
      if (!folders.some((root) => real === root || real.startsWith(root.endsWith(sep) ? root : root + sep)))
        throw outside(name)
      return new StoredFile(real, name, edition)
    },
  }
}

class StoredFile implements Admitted {
  private readonly path: string
  private readonly name: string
  private readonly edition: string | null

  constructor(path: string, name: string, edition: string | null) {
    this.path = path
    this.name = name
    this.edition = edition
  }

  async look(): Promise<Seen> {
    const { source, seen } = await this.opened(null)
    await source.close()
    return seen
  }

  readonly open: Opener = async (range) => {
    const { source, seen } = await this.opened(range)
    if (this.edition === null || seen.edition === this.edition) return source
    await source.close()
    throw problem('unreadable', this.name, 0, CHANGED)
  }

  /** It is looked at when it is open: storage on the network tells of what others wrote no earlier. */
  private async opened(range: ByteRange | null): Promise<{ readonly source: ByteSource; readonly seen: Seen }> {
    const { path, name } = this
    const source = await fileOpener(path, name)(range)
    try {
      const { size, mtimeMs } = await asked(stat(path), name)
      return { source, seen: { size, edition: `${size} ${mtimeMs}` } }
    } catch (error) {
      await source.close()
      throw error
    }
  }
}

async function asked<T>(answer: Promise<T>, name: string): Promise<T> {
  try {
    return await answer
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    const why = code === undefined ? message : message.replace(/, \w+ .*$/s, `, open '${name}'`)
    throw problem('unreadable', name, 0, why)
  }
}

function outside(name: string): CaptureError {
  return problem('unreadable', name, 0, 'it lies outside every --root of the worker')
}
