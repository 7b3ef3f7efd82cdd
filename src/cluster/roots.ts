// The folders under which a worker opens captures, whatever a job says.
import { realpath } from 'node:fs/promises'
import { sep } from 'node:path'
import { problem } from '../capture/records.ts'

export interface Roots {
  /** Where the path leads, links followed; the user calls it by a name. Throws CaptureError `unreadable` where it leads out of all roots, or nowhere. */
  admit(path: string, name?: string): Promise<string>
}

/** `folders` are followed when they are given, and as they are then. */
export async function rootsOf(folders: readonly string[]): Promise<Roots> {
  const roots = await Promise.all(folders.map((folder) => realpath(folder)))
  return {
    async admit(path, name = path) {
      let real: string
      try {
        real = await realpath(path)
      } catch (error) {
        const { code, message } = error as NodeJS.ErrnoException
        const why = code === undefined ? message : message.replace(/, \w+ .*$/s, `, open '${name}'`)
        throw problem('unreadable', name, 0, why)
      }
      if (roots.some((root) => real === root || real.startsWith(root.endsWith(sep) ? root : root + sep))) return real
      throw problem('unreadable', name, 0, 'it lies outside every --root of the worker')
    },
  }
}
