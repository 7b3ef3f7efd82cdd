// `npm run new-rule` creates a rule file and adds it to the catalogue.
import { spawnSync } from 'node:child_process'
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, expect, test } from 'vitest'

const project = fileURLToPath(new URL('../..', import.meta.url))
const root = mkdtempSync(join(tmpdir(), 'pipelint-rule-'))
const catalogue = join(root, 'src/rules/index.ts')
mkdirSync(join(root, 'src/rules'), { recursive: true })
copyFileSync(join(project, 'src/rules/index.ts'), catalogue)

afterAll(() => rmSync(root, { recursive: true, force: true }))

const make = (...words: string[]) =>
  spawnSync(process.execPath, [join(project, '.ci/new-rule.mjs'), ...words], {
    encoding: 'utf8',
    env: { ...process.env, RULE_ROOT: root },
  })

test('creates a rule and lists it', () => {
  expect(make('reply-class-differs', '2034', '4')).toMatchObject({ status: 0, stderr: '' })
  const rule = readFileSync(join(root, 'src/rules/rfc2034/reply-class-differs.ts'), 'utf8')
  expect(rule).toContain("export const replyClassDiffers = defineRule({\n  id: 'reply-class-differs',")
  const listed = readFileSync(catalogue, 'utf8')
  expect(listed).toContain("import { replyClassDiffers } from './rfc2034/reply-class-differs.ts'\n")
  expect(listed).toContain('  // RFC 2034\n  replyClassDiffers,\n  // The path\n')
})

test('lists a rule beside those of its RFC', () => {
  for (const [id, rfc] of [
    ['chunk-empty', '3030'],
    ['vrfy-answered', '5321'],
    ['urgent-data-sent', '793'],
  ] as const) {
    expect(make(id, rfc, '2').status).toBe(0)
  }
  const listed = readFileSync(catalogue, 'utf8')
  expect(listed).toContain('  bdatSizeMismatch,\n  chunkEmpty,\n  // RFC 3207')
  expect(listed).toContain('  clientGaveUp,\n  vrfyAnswered,\n  // RFC 2033')
  expect(listed).toContain('  resetInPath,\n  urgentDataSent,\n]')
})

test('refuses invalid arguments and existing rules', () => {
  expect(make('Reply', '2034', '4').status).toBe(2)
  expect(make('reply-class', 'x', '4').status).toBe(2)
  expect(make('input-lost', '2920', '3.2').stderr).toContain('input-lost: there is such a rule')
})
