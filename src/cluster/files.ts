// A file of storage that all workers see -> the bytes of a capture, of the edition that is wanted.
import { stat } from 'node:fs/promises'
import { problem } from '../capture/records.ts'
import { type ByteRange, type ByteSource, fileOpener } from '../capture/source.ts'
import { CHANGED, type Seen } from './objects.ts'

/** Throws CaptureError `unreadable`. */
export async function lookAtFile(path: string, name: string): Promise<Seen> {
  const { source, seen } = await opened(path, name, null)
  await source.close()
  return seen
}

/** An edition of it, or whichever is there; all of it, or a range behind its header. Throws CaptureError `unreadable`. */
export async function openFile(
  path: string,
  name: string,
  edition: string | null,
  range: ByteRange | null,
): Promise<ByteSource> {
  const { source, seen } = await opened(path, name, range)
  if (edition === null || seen.edition === edition) return source
  await source.close()
  throw problem('unreadable', name, 0, CHANGED)
}

interface Opened {
  readonly source: ByteSource
  readonly seen: Seen
}

/** It is looked at when it is open: storage on the network tells of what others wrote no earlier. */
async function opened(path: string, name: string, range: ByteRange | null): Promise<Opened> {
  const source = await fileOpener(path, name)(range)
  try {
    const { size, mtimeMs } = await asked(stat(path), name)
    return { source, seen: { size, edition: `${size} ${mtimeMs}` } }
  } catch (error) {
    await source.close()
    throw error
  }
}

/** What the file system says; what it says instead, as CaptureError `unreadable`. */
export async function asked<T>(answer: Promise<T>, name: string): Promise<T> {
  try {
    return await answer
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    const why = code === undefined ? message : message.replace(/, \w+ .*$/s, `, open '${name}'`)
    throw problem('unreadable', name, 0, why)
  }
}
