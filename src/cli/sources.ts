// Captures that are read more than once: what comes through a pipe is kept on disk meanwhile.
import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import type { CaptureInput } from '../analyze.ts'
import { openDraft } from '../capture/draft.ts'

/** A capture that can be read more than once, and the name to be told. */
export interface Source {
  readonly path: string
  readonly name: string
}

/** In the order given. `folder`: one that is removed afterwards. */
export function toSources(captures: readonly CaptureInput[], folder: string): Promise<Source[]> {
  return Promise.all(captures.map((capture, i) => toSource(capture, join(folder, `input-${i + 1}`))))
}

async function toSource(capture: CaptureInput, copy: string): Promise<Source> {
  if (typeof capture !== 'string') return { path: await kept(capture.bytes, copy), name: 'standard input' }
  const name = basename(capture)
  // What cannot be looked at is told when it is read.
  const once = await stat(capture).then(
    (entry) => !entry.isFile(),
    () => false,
  )
  return { path: once ? await kept(createReadStream(capture), copy) : capture, name }
}

async function kept(bytes: AsyncIterable<Uint8Array>, path: string): Promise<string> {
  const file = await openDraft(path)
  for await (const chunk of bytes) await file.write(Uint8Array.from(chunk))
  await file.close()
  return path
}
