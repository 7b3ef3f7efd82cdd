// The files that --keylog names -> their text. Only these are read, whatever the environment says.
import { readFile, stat } from 'node:fs/promises'
import { KEYLOG_BYTES_MAX } from '../limits.ts'
import { UsageError } from '../problems.ts'
import { terminal } from '../report/inert.ts'
import { Keyring } from '../tls/keyring.ts'
import type { Surroundings } from './surroundings.ts'

/** Throws UsageError for a file that cannot be read. One without a secret is worth a warning, and no more. */
export async function readKeyLogs(paths: readonly string[] = [], around: Surroundings): Promise<string[]> {
  const texts: string[] = []
  for (const path of paths) {
    const text = await readKeyLog(path)
    if (new Keyring().add(text) === 0) around.warn(`${terminal(path)}: no TLS secret is in this key log`)
    texts.push(text)
  }
  return texts
}

async function readKeyLog(path: string): Promise<string> {
  try {
    const { size } = await stat(path)
    if (size > KEYLOG_BYTES_MAX) throw new UsageError(`--keylog ${path}: larger than ${KEYLOG_BYTES_MAX} bytes`)
    return await readFile(path, 'latin1')
  } catch (error) {
    if (error instanceof UsageError) throw error
    throw new UsageError(`--keylog ${path}: ${(error as Error).message}`)
  }
}
