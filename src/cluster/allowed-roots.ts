// The directories and URL prefixes under which a worker may open captures. A job cannot widen them.
import { realpath } from 'node:fs/promises'
import { sep } from 'node:path'
import { problem } from '../capture/record-reader.ts'
import type { Opener } from '../capture/source.ts'
import type { CaptureError } from '../errors.ts'
import { asked, lookAt, lookAtFile, openFile, openObject, type Seen } from './objects.ts'
import { isUrl, objectAt, toRootUrl, under } from './urls.ts'

export interface AllowedRoots {
  /**
   * The stored capture, after following links. Throws CaptureError `unreadable` when it lies outside all roots or does
   * not exist.
   */
  admit(capture: Named): Promise<Admitted>
}

/** The name that the user gave for a capture, and its location. */
export interface Named {
  readonly name: string
  readonly path: string
  /** The version to open; null: any. */
  readonly edition: string | null
}

export interface Admitted {
  look(): Promise<Seen>
  readonly open: Opener
}

/** Links in directories are followed once, when the roots are created. */
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
