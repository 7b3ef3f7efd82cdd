// Words that this project once used in a meaning of its own, and words of sentences that read like riddles. They must not come
// back: readers know the terms of the field (docs/architecture.md, the last decision).
import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'

const root = fileURLToPath(new URL('..', import.meta.url))

/** As whole words, in any spelling of identifiers: `Slab`, `newSlab`, `slab-size`, `SLAB_BYTES`. */
const WORDS = ['pantry', 'ration', 'departed', 'docket', 'court', 'tally', 'sieve', 'dossier', 'exhibit', 'veil']
WORDS.push('fleet', 'crew', 'slab', 'shelf', 'journal', 'standing', 'course', 'attend', 'surroundings', 'staircase')
/** Words without a use in a plain technical sentence: say what was not acknowledged, masked, or added, and by what. */
WORDS.push('nobody', 'whoever', 'blotted', 'overtook', 'midst', 'slept')
/** Words that mean something else alone. */
const PHRASES = /front door|fast lane|to the octet|floor plan|own accord|\bis none of\b|\b(?:is|are) told\b(?! apart)/i

/** Texts of others, and words in captures. */
const EXEMPT =
  /^(?:test\/(?:schemas|transcripts|captures|fuzz\/regressions)\/|test\/words\.test\.ts|src\/redact\/allow-list\.ts)/
/** pcapng calls a block so. */
const QUOTED = new Map([['test/capture/pcapng.test.ts', /journals/]])

const filesIn = (folder: string) =>
  readdirSync(`${root}/${folder}`, { recursive: true, encoding: 'utf8' }).map((path) => `${folder}/${path}`)
const paths = ['README.md', ...['src', 'test', 'docs'].flatMap(filesIn)]
  .map((path) => path.replaceAll('\\', '/'))
  .filter((path) => /\.(?:tsx?|mjs|md)$/.test(path) && !EXEMPT.test(path))

/** `newSlab`, `SLAB_BYTES` and `slab-size` -> the words in them. */
function wordsOf(text: string): Set<string> {
  return new Set(
    text
      .replace(/([a-z])([A-Z])/g, '$1 $2')
      .toLowerCase()
      .split(/[^a-z]+/),
  )
}

describe('words that must not come back', () => {
  test.each(paths)('%s', (path) => {
    const text = readFileSync(`${root}/${path}`, 'utf8').replace(QUOTED.get(path) ?? /^$/, '')
    const words = wordsOf(`${path}\n${text}`)
    expect(WORDS.filter((word) => words.has(word) || words.has(`${word}s`))).toEqual([])
    expect(PHRASES.exec(text)?.[0]).toBeUndefined()
  })
})
