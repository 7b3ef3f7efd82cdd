// Sessions and file names made to do harm, through every format of a report: shown, not obeyed.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import MarkdownIt from 'markdown-it'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { REPORT_FORMATS } from '../../../src/report/vendor/report-formats.ts'
import { invoke } from '../../support/invoke.ts'
import { toCapture } from '../../support/judge.ts'
import { parseTranscript } from '../../support/transcript.ts'
import { commandsIn } from '../fixtures.ts'

const HARM = String.raw`\x1b[2J\x1b]0;owned\x07\xe2\x80\xae<script>alert(1)</script>&amp;"'|[a](javascript:b)![c](http://d)$(reboot)\x60reboot\x60;reboot ~~~`
const SESSION = `
S> 220 ${HARM} ESMTP
C> EHLO ${HARM}
S> 250-${HARM}
S| 250 PIPELINING
C> MAIL FROM:<"${HARM}"@example.com>
C| RCPT TO:<${HARM}>
C| RSET ${HARM}
C| QUIT ${HARM}
S> 250 -1+1 ${HARM}
S| 221 ${HARM}
S> [fin]`
const NAME = 'a\x1b[2J\n\u202e<script>&"\'`|[b](c)*_#.pcap'

let folder = ''
let capture = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'pipelint-'))
  capture = join(folder, NAME)
  writeFileSync(capture, toCapture(parseTranscript(SESSION)))
})
afterAll(() => rmSync(folder, { recursive: true }))

describe.each(REPORT_FORMATS)('%s', (format) => {
  test('a terminal obeys nothing, and nothing is left out', async () => {
    const { printed } = await invoke('report', '--format', format, capture)
    expect(commandsIn(printed)).toEqual([])
    expect(printed).toContain('\\x1b[2J')
  })

  test('what is pasted into a shell holds nothing of the wire', async () => {
    const { printed } = await invoke('report', '--format', format, capture)
    const lines = asSeen(format, printed).split('\n')
    const scripts = lines.filter((line) => /^\s*\(?\s*(?:sleep|'|nc |openssl )/.test(line))
    expect(scripts.length).toBeGreaterThan(5)
    expect(scripts.filter((line) => /reboot|script|owned/.test(line))).toEqual([])
  })
})

/** What a browser shows, and copies. */
function asSeen(format: string, printed: string): string {
  if (format !== 'html') return printed
  const [, body = ''] = printed.split('</style>')
  const text = body.replace(/<[^>]*>/g, '')
  const entities = { '&lt;': '<', '&gt;': '>', '&quot;': '"', '&#39;': "'", '&#96;': '`', '&amp;': '&' }
  return Object.entries(entities).reduce((shown, [entity, character]) => shown.replaceAll(entity, character), text)
}

test('a reader of Markdown sees no markup of theirs', async () => {
  const { printed } = await invoke('report', '--format', 'md', capture)
  const page = new MarkdownIt({ html: true, linkify: true }).render(printed)
  const elements = new Set([...page.matchAll(/<\/?([a-z0-9]+)/g)].map(([, name]) => name ?? ''))
  const own = 'h1 h2 h3 h4 p ul li strong code pre blockquote table thead tbody tr th td br'.split(' ')
  expect([...elements].filter((name) => !own.includes(name))).toEqual([])
  // No block of code ends early: behind the last one the report goes on.
  expect(page).toContain('<h2>Integrity</h2>')
})
