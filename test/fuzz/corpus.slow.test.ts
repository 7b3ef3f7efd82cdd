// Every input of the corpus, examined as the fuzzer does.
import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { examine } from './oracle.ts'

const folder = fileURLToPath(new URL('corpus', import.meta.url))

for (const name of readdirSync(folder)) {
  test(name, async () => expect(await examine(readFileSync(`${folder}/${name}`))).toBeNull())
}
