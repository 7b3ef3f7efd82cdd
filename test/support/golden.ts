// What is written once and compared ever after. UPDATE=1 writes; without it a missing file fails like a wrong one.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { expect } from 'vitest'

export const updating = process.env.UPDATE === '1'

export function expectGolden(path: string, content: string | Uint8Array): void {
  if (updating) {
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, content)
    return
  }
  expect(existsSync(path), `${path} is missing; UPDATE=1 writes it`).toBe(true)
  if (typeof content === 'string') expect(readFileSync(path, 'utf8')).toBe(content)
  else expect(Buffer.compare(readFileSync(path), content), `${path} differs; UPDATE=1 rewrites it`).toBe(0)
}
