import { describe, expect, test } from 'vitest'
import { readAll, sourceOf } from './read.ts'

const problemOf = async (...octets: readonly number[]) => (await readAll(sourceOf(Uint8Array.from(octets)))).problem

describe('what a file is', () => {
  test('empty', async () => {
    expect(await problemOf()).toMatchObject({ code: 'empty', fileOffset: 0 })
  })

  test('no capture', async () => {
    expect(await problemOf(0x25, 0x50, 0x44, 0x46, 0x2d)).toMatchObject({
      code: 'not-a-capture',
      fileOffset: 0,
      accordingTo: 'it starts with 25 50 44 46',
    })
    expect(await problemOf(0xa1)).toMatchObject({
      code: 'not-a-capture',
      accordingTo: 'it starts with a1',
    })
  })

  const known: readonly (readonly [string, readonly number[]])[] = [
    ['xz', [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0]],
    ['bzip2', [0x42, 0x5a, 0x68, 0x39]],
  ]
  for (const [name, octets] of known) {
    test(`${name}-compressed`, async () => {
      const accordingTo = `captures compressed by ${name} are not read; decompress them first (${name} -d)`
      expect(await problemOf(...octets)).toMatchObject({
        code: 'unsupported',
        fileOffset: 0,
        accordingTo,
      })
    })
  }

  test('another capture format', async () => {
    const snoop = new TextEncoder().encode('snoop\0\0\0')
    expect(await problemOf(...snoop)).toMatchObject({
      code: 'unsupported',
      accordingTo: 'snoop captures are not read',
    })
  })
})
