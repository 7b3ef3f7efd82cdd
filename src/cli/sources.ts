// Captures that are read more than once: what comes through a pipe is kept on disk meanwhile.
import { basename, join } from 'node:path'
import type { CaptureInput } from '../analyze.ts'
import { openDraft } from '../capture/draft.ts'

/** A capture that can be read more than once, and the name to be told. */
export interface Source {
  readonly path: string
  readonly name: string
}

/** `folder`: one that is removed afterwards. */
export async function toSource(capture: CaptureInput, folder: string): Promise<Source> {
  if (typeof capture === 'string') return { path: capture, name: basename(capture) }
  const path = join(folder, 'input')
  const file = await openDraft(path)
  for await (const chunk of capture.bytes) await file.write(Uint8Array.from(chunk))
  await file.close()
  return { path, name: 'standard input' }
}
