// Words of the command line (files, directories, globs) -> paths of captures, in the order of the words and by name
// within each. `-` is kept.
import { type Stats, statSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { CaptureError, UsageError } from '../errors.ts'
import { isRegularFile } from '../host/files.ts'
import { compressionOf, decompressed } from './compressed.ts'
import { detectFormat, MAGIC_BYTES } from './detect-format.ts'
import { ReadBuffer } from './read-buffer.ts'
import { openFile } from './source.ts'

const GLOB = /[*?[{]/

/** Throws UsageError for a word that matches no capture. A file that is named explicitly is not examined. */
export async function expandCaptures(words: readonly string[]): Promise<string[]> {
  const paths: string[] = []
  for (const word of words) paths.push(...(await expand(word)))
  return [...new Set(paths)]
}

/** What the path leads to; null if it cannot be asked. */
export function entryOf(path: string): Stats | null {
  try {
    return statSync(path)
  } catch {
    return null
  }
}

async function expand(word: string): Promise<readonly string[]> {
  if (word === '-') return [word]
  const entry = entryOf(word)
  if (entry?.isDirectory() === true) return capturesIn(word)
  if (entry !== null) return [word]
  if (!GLOB.test(word)) throw new UsageError(`no such file: ${word}`)
  // Loaded on demand: most command lines have no glob.
  const { glob } = await import('tinyglobby')
  const matches = await glob(word, {
    expandDirectories: false,
    onlyFiles: true,
    absolute: word.startsWith('/'),
  })
  if (matches.length === 0) throw new UsageError(`no file matches ${word}`)
  return matches.sort(byName)
}

/** The captures directly in a directory. Only regular files are opened: reading a pipe would block. */
async function capturesIn(directory: string): Promise<readonly string[]> {
  const captures: string[] = []
  for (const name of (await readdir(directory)).sort(byName)) {
    const path = join(directory, name)
    if (await isCapture(path)) captures.push(path)
  }
  if (captures.length === 0) throw new UsageError(`no captures in directory ${directory}`)
  return captures
}

/**
 * A file with a capture's magic number is one, and its damage is reported later; a compressed file must contain one.
 */
async function isCapture(path: string): Promise<boolean> {
  if (!(await isRegularFile(path))) return false
  const source = await openFile(path).catch(() => null)
  if (source === null) return false
  try {
    const window = new ReadBuffer(source, MAGIC_BYTES)
    await window.fill(MAGIC_BYTES)
    const compression = compressionOf(window.bytes.subarray(0, window.end))
    const plain = compression === 'none' ? window : new ReadBuffer(decompressed(window, compression), MAGIC_BYTES)
    await plain.fill(MAGIC_BYTES)
    return detectFormat(plain.bytes.subarray(0, plain.end)) !== null
  } catch (error) {
    if (error instanceof CaptureError) return false
    throw error
  } finally {
    await source.close()
  }
}

/** By code unit, so that the order is the same in every locale. */
function byName(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0
}
