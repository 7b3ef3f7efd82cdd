// The folders, and the beginnings of URLs, under which a worker opens captures, whatever a job says.
import { realpath } from 'node:fs/promises'
import { sep } from 'node:path'
import { problem } from '../capture/record-reader.ts'
import type { Opener } from '../capture/source.ts'
import type { CaptureError } from '../errors.ts'
import { asked, lookAt, lookAtFile, openFile, openObject, type Seen } from './objects.ts'
import { isUrl, objectAt, toRootUrl, under } from './urls.ts'

export interface AllowedRoots {
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
export async function rootsOf(words: readonly string[]): Promise<AllowedRoots> {
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
      return { look: () => lookAtFile(real, name), open: (range) => openFile(real, name, edition, range) }
    },
  }
}

function outside(name: string): CaptureError {
  return problem('unreadable', name, 0, 'outside every --root of the worker')
}
