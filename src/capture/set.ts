// Which captures are meant. What comes in: the words of a command line, any mix of files, directories and globs.
// What goes out: paths, in the order of the words and by name within one; `-` stays what it is.
import { open, readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { glob } from 'tinyglobby'
import { UsageError } from '../problems.ts'
import { MAGIC_BYTES, recognise } from './magic.ts'

const GLOB = /[*?[{]/

/** Throws UsageError for a word that means no capture. A file that is named itself need not look like one. */
export async function expandCaptures(words: readonly string[]): Promise<string[]> {
  const paths: string[] = []
  for (const word of words) paths.push(...(await expand(word)))
  return [...new Set(paths)]
}

async function expand(word: string): Promise<readonly string[]> {
  if (word === '-') return [word]
  const entry = await stat(word).catch(() => null)
  if (entry?.isDirectory() === true) return capturesIn(word)
  if (entry !== null) return [word]
  if (!GLOB.test(word)) throw new UsageError(`no such file: ${word}`)
  const matches = await glob(word, {
    expandDirectories: false,
    onlyFiles: true,
    absolute: word.startsWith('/'),
  })
  if (matches.length === 0) throw new UsageError(`nothing matches ${word}`)
  return matches.sort(byName)
}

/** The captures directly in a directory. Only regular files are opened: a pipe would wait for its writer. */
async function capturesIn(directory: string): Promise<readonly string[]> {
  const captures: string[] = []
  for (const name of (await readdir(directory)).sort(byName)) {
    const path = join(directory, name)
    if (await isCapture(path)) captures.push(path)
  }
  if (captures.length === 0) throw new UsageError(`no captures in directory ${directory}`)
  return captures
}

async function isCapture(path: string): Promise<boolean> {
  if (!(await stat(path).catch(() => null))?.isFile()) return false
  const file = await open(path, 'r').catch(() => null)
  if (file === null) return false
  try {
    const first = new Uint8Array(MAGIC_BYTES)
    const { bytesRead } = await file.read(first)
    return recognise(first.subarray(0, bytesRead)) !== null
  } finally {
    await file.close()
  }
}

/** By code unit, so the order is the same under every locale. */
function byName(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0
}
