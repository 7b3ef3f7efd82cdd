// Captures that are read more than once: what comes through a pipe is kept on disk meanwhile.
import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import type { CaptureInput, CaptureRecord } from '../analyze.ts'
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

/** The records of captures, by the names of their files: where these lie is nobody's business. */
export function namedCaptures(captures: readonly CaptureRecord[], sources: readonly Source[]): CaptureRecord[] {
  const names = new Map(sources.map(({ path, name }) => [path, name]))
  const nameOf = (path: string) => names.get(path) ?? path
  return captures.map((capture) => ({
    ...capture,
    path: nameOf(capture.path),
    error: capture.error && { ...capture.error, path: nameOf(capture.error.path) },
    problems: capture.problems.map((problem) => ({ ...problem, path: nameOf(problem.path) })),
  }))
}
