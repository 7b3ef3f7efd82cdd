// No token of the original is in any redacted output: over every capture of real servers and every sample.
import { readdirSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { hunt } from './hunt.ts'

const root = new URL('../../', import.meta.url)

describe('nothing of the original is found', () => {
  for (const folder of ['samples', 'test/captures']) {
    for (const name of readdirSync(new URL(folder, root)).filter((file) => /\.pcap(ng)?$/.test(file))) {
      test(`${folder}/${name}`, async () => {
        const { found, tokens } = await hunt(new URL(`${folder}/${name}`, root).pathname)
        expect(tokens).toBeGreaterThan(0)
        expect(found).toEqual([])
      })
    }
  }
})
