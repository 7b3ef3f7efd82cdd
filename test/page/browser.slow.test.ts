// The page in a browser: the same documents as the command line, byte for byte; nothing said on its console, nothing asked
// of any network, nothing that a reader with a screen reader would stumble over, nothing wider than the window.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { gzipSync } from 'node:zlib'
import { type Browser, chromium, type Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { toCollection } from '../support/collection.ts'
import { needsPeer } from '../support/peer.ts'
import { parseTranscript } from '../support/transcript.ts'

const PROGRAM = '/usr/bin/chromium'
const ARGUMENTS = ['--no-sandbox', '--disable-gpu', '--disable-background-networking']
const root = fileURLToPath(new URL('../..', import.meta.url))
const CLI = join(root, 'dist/run/cli.js')
const ADDRESS = pathToFileURL(join(root, 'dist/pipelint.html')).href
const axe = readFileSync(join(root, 'node_modules/axe-core/axe.min.js'), 'utf8')

const inFolder = (folder: string, wanted: RegExp) =>
  readdirSync(join(root, folder))
    .filter((name) => wanted.test(name))
    .sort()
    .map((name) => join(root, folder, name))

const CAPTURES = [
  ...inFolder('samples', /\.pcap$/),
  ...inFolder('test/captures', /\.pcap(?:ng)?$/),
  ...inFolder('test/capture/compressed', /\.(?:gz|zst|lz4)$/),
  ...inFolder('test/cli/files', /\.pcap$/),
]
/** A capture and its key log. */
const SEALED = inFolder('test/tls/captures', /\.pcap$/).map(
  (path) => [path, path.replace(/\.pcap$/, '.keylog')] as const,
)

/** The standard output of the command line, which names captures by their names alone, as the page does. */
function printed(capture: string, ...words: readonly string[]): Buffer {
  const folder = dirname(capture)
  const { stdout, status, stderr } = spawnSync(process.execPath, [CLI, ...words], { cwd: folder, maxBuffer: 1 << 28 })
  if (status === null || status === 2 || status > 3) throw new Error(`${words.join(' ')}: ${stderr}`)
  return stdout
}

describe.runIf(needsPeer(PROGRAM))('in Chromium', () => {
  let browser: Browser
  let folder = ''
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'pipelint-'))
    browser = await chromium.launch({ executablePath: PROGRAM, args: ARGUMENTS })
  })
  afterAll(async () => {
    await browser?.close()
    rmSync(folder, { recursive: true, force: true })
  })

  interface Window {
    readonly width?: number
    readonly colorScheme?: 'light' | 'dark'
  }

  /** Opens the page and these files in it, and notes whatever it says or asks for. */
  async function opened(files: readonly string[], see: (page: Page) => Promise<void>, window: Window = {}) {
    const { width = 1280, colorScheme = 'light' } = window
    const page = await browser.newPage({ viewport: { width, height: 900 }, colorScheme })
    const said: string[] = []
    const asked: string[] = []
    page.on('console', (message) => said.push(message.text()))
    page.on('pageerror', ({ message }) => said.push(message))
    page.on('dialog', (dialog) => said.push(dialog.message()))
    page.on('request', (request) => asked.push(request.url()))
    await page.goto(ADDRESS)
    if (files.length > 0) {
      await page.setInputFiles('input[type=file]', [...files])
      await page.waitForSelector('nav')
    }
    await see(page)
    await page.close()
    expect(said).toEqual([])
    // What begins with blob: is in the memory of the page.
    expect(asked.filter((address) => !address.startsWith('blob:'))).toEqual([ADDRESS])
  }

  async function saved(page: Page, title: string): Promise<Buffer> {
    if (!(await page.isVisible('.sheet'))) await page.click('.menu > summary')
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.click(`.sheet button:text-is("${title}")`),
    ])
    const path = join(folder, 'saved')
    await download.saveAs(path)
    return readFileSync(path)
  }

  test('there are enough captures', () => {
    expect(CAPTURES.length + SEALED.length).toBeGreaterThan(40)
  })

  test.each(CAPTURES.map((path) => [basename(path), path] as const))('%s: the same findings', async (name, path) => {
    await opened([path], async (page) => {
      const json = await saved(page, 'JSON')
      expect(json.toString()).toBe(printed(path, 'check', '--format', 'json', name).toString())
      const { incidents } = JSON.parse(json.toString()) as { incidents: unknown[] }
      await page.goto(`${ADDRESS}#incidents`)
      expect(await page.locator('.incidents > li').count()).toBe(Math.min(200, incidents.length))
    })
  })

  test.each(SEALED.map(([path, keys]) => [basename(path), path, keys] as const))(
    '%s, decrypted',
    async (name, path, keys) => {
      await opened([path, keys], async (page) => {
        const json = await saved(page, 'JSON')
        expect(json.toString()).toBe(printed(path, 'check', '--format', 'json', '--keylog', keys, name).toString())
      })
    },
  )

  test('gzip, whole and cut', async () => {
    const packed = gzipSync(readFileSync(join(root, 'test/captures/haraka-transactions.pcap')))
    for (const part of [packed, packed.subarray(0, packed.length - 5)]) {
      const path = join(folder, 'packed.pcap.gz')
      writeFileSync(path, part)
      await opened([path], async (page) => {
        const json = await saved(page, 'JSON')
        expect(json.toString()).toBe(printed(path, 'check', '--format', 'json', basename(path)).toString())
      })
    }
  })

  test('several captures are one timeline', async () => {
    const [one, other] = [join(root, 'samples/frontbridge.pcap'), join(root, 'samples/exchange-2007.pcap')]
    await opened([one, other], async (page) => {
      const json = await saved(page, 'JSON')
      const theirs = printed(one, 'check', '--format', 'json', basename(one), basename(other))
      expect(json.toString()).toBe(theirs.toString())
    })
  })

  test.each([
    ['as they are', []],
    ['redacted', ['--redact']],
  ] as const)('report, evidence and JSON, %s', async (_, words) => {
    const path = join(root, 'samples/five-dialogues.pcap')
    await opened([path], async (page) => {
      await page.click('.menu > summary')
      if (words.length > 0) await page.check('.sheet input')
      const name = basename(path)
      expect((await saved(page, 'JSON')).toString()).toBe(
        printed(path, 'check', '--format', 'json', ...words, name).toString(),
      )
      expect((await saved(page, 'Report')).toString()).toBe(printed(path, 'report', ...words, name).toString())
      expect((await saved(page, 'Evidence')).equals(printed(path, 'evidence', ...words, name))).toBe(true)
    })
  })

  const VIEWS = ['overview', 'servers', 'incidents', 'sessions', 'rules', 'session=s1', 'rule=input-lost']
  const WIDTHS = [360, 800, 1280, 2560]
  /** With what is proved, suspected, not judged and not read. */
  const SHOWN = ['samples/five-dialogues.pcap', 'test/captures/courier-transactions.pcap', 'test/cli/files/cut.pcap']

  test.each(WIDTHS.flatMap((width) => (['light', 'dark'] as const).map((scheme) => [width, scheme] as const)))(
    'every view at %d pixels, %s',
    async (width, colorScheme) => {
      const look = async (page: Page) => {
        expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(width)
        await page.evaluate(axe)
        const found = await page.evaluate<{ violations: { id: string; nodes: { html: string }[] }[] }>('axe.run()')
        expect(found.violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`)).toEqual([])
      }
      await opened([], look, { width, colorScheme })
      await opened(
        SHOWN.map((path) => join(root, path)),
        async (page) => {
          const first = async () => String(await page.getAttribute('a.row', 'href')).slice(1)
          const server = await first()
          await page.evaluate("location.hash = 'sessions&filter=suspected'")
          await page.waitForSelector('.verdict.suspected')
          const suspected = await first()
          for (const view of [...VIEWS, server, suspected]) {
            await page.evaluate(`location.hash = ${JSON.stringify(view)}`)
            if (view.startsWith('session=')) await page.waitForSelector('.ladder svg')
            await page.evaluate("document.querySelectorAll('main details').forEach((each) => { each.open = true })")
            await look(page)
          }
          await page.click('.menu > summary')
          await look(page)
        },
        { width, colorScheme },
      )
    },
  )

  test('keys, the filter, and links to what they show', async () => {
    await opened([join(root, 'samples/five-dialogues.pcap')], async (page) => {
      await page.keyboard.press('4')
      await page.waitForSelector('h1:text-is("Sessions")')
      await page.keyboard.press('/')
      await page.keyboard.type('input-lost')
      const link = new URL(page.url()).hash
      expect(link).toBe('#sessions&filter=input-lost')
      await page.keyboard.press('ArrowDown')
      await page.keyboard.press('Enter')
      await page.waitForSelector('.dialogue')
      expect(new URL(page.url()).hash).toMatch(/^#session=s\d+$/)
      await page.keyboard.press('u')
      await page.waitForSelector('h1:text-is("Sessions")')
      await page.keyboard.press('?')
      await page.waitForSelector('dialog[open]')
      await page.keyboard.press('Escape')
      await page.focus('.menu > summary')
      await page.keyboard.press('Enter')
      await page.keyboard.press('Tab')
      await page.keyboard.press('Escape')
      expect(await page.evaluate('document.activeElement.tagName')).toBe('SUMMARY')
    })
  })

  test('what clients did is not counted as faults of the server', async () => {
    await opened([join(root, 'test/captures/haraka-transactions.pcap')], async (page) => {
      expect(await page.textContent('.list .verdicts')).toBe('4 server at fault, 3 client at fault, 5 conforming')
    })
  })

  test('what is only for information looks like no error', async () => {
    await opened([join(root, 'test/captures/courier-transactions.pcap')], async (page) => {
      await page.evaluate("location.hash = 'session=s77'")
      await page.waitForSelector('.ladder svg')
      expect(await page.locator('.mark.info').allTextContents()).toHaveLength(2)
      expect(await page.textContent('.mark.info')).toContain('replies-not-batched (info, proved)')
      const colour = (rows: string) => page.evaluate(`getComputedStyle(document.querySelector('${rows} code')).color`)
      expect(await colour('.mark.info')).toBe(await colour('.note'))
    })
  })

  test('a display filter of one of several captures is shown with its file and copied without it', async () => {
    const captures = ['samples/frontbridge.pcap', 'samples/exchange-2007.pcap'].map((name) => join(root, name))
    await opened(captures, async (page) => {
      await page.evaluate("location.hash = 'incidents'")
      await page.click('.incidents summary')
      expect(await page.textContent('.fields dd:has(.copyable)')).toMatch(/^frontbridge\.pcap: ip\.addr == /)
      expect(await page.textContent('.copyable code')).toMatch(/^ip\.addr == /)
    })
  })

  test('a server is not cleared by what could not be judged, and what would show more is said', async () => {
    await opened([join(root, 'test/captures/snapshot-96.pcap')], async (page) => {
      await page.waitForSelector('text=Capture again with whole packets (-s 0):')
      await page.click('a.row.address')
      await page.waitForSelector(
        'text=/No fault of this server found, but \\d of 3 sessions could not be judged in full/',
      )
    })
  })

  test('what is dropped or pasted is read, and a key log joins the captures that are open', async () => {
    const [path, keys] = SEALED[0] as (typeof SEALED)[number]
    await opened([path], async (page) => {
      const drop = async (type: 'drop' | 'paste', file: string) => {
        const bytes = [...readFileSync(file)]
        const init = `const data = new DataTransfer(); data.items.add(new File([Uint8Array.from(${JSON.stringify(bytes)})], ${JSON.stringify(basename(file))}))`
        const event =
          type === 'drop'
            ? "new DragEvent('drop', { dataTransfer: data, bubbles: true, cancelable: true })"
            : "new ClipboardEvent('paste', { clipboardData: data, bubbles: true })"
        await page.evaluate(`{ ${init}; document.body.dispatchEvent(${event}) }`)
      }
      await drop('drop', keys)
      await page.waitForSelector(`.notice:has-text("${basename(keys)}")`)
      expect((await saved(page, 'JSON')).toString()).toContain('"encryption": "decrypted"')
      await drop('paste', join(root, 'samples/frontbridge.pcap'))
      await page.waitForSelector('text=DB3EHSMHS006')
    })
  })

  test('a key log can be opened before its capture', async () => {
    const [path, keys] = SEALED[0] as (typeof SEALED)[number]
    await opened([keys], async (page) => {
      await page.waitForSelector('h1:text-is("No capture is open")')
      await page.setInputFiles('input[type=file]', [path])
      await page.waitForSelector('.list')
      expect((await saved(page, 'JSON')).toString()).toContain('"encryption": "decrypted"')
    })
  })

  /** What a sender or a server can write, in every place where the page shows texts of a capture. */
  const HOSTILE = [
    '<img src=x onerror=alert(1)>',
    '<script>alert(1)</script>',
    '"><svg onload=alert(1)>',
    "' onmouseover='alert(1)",
    '</script></style></title><iframe srcdoc=x>',
    '<a href=javascript:alert(1)>x</a>',
    '&lt;b&gt; \\xe2\\x80\\xae\\xd8\\x9c\\xe2\\x81\\xa6 \\x1b[2J\\x00\\x07\\x9b31m',
    'x'.repeat(1900),
  ]

  test.each(HOSTILE.map((text) => [text.slice(0, 40), text] as const))(
    'text from the wire stays text: %s',
    async (_, text) => {
      const lines = [
        `S> 220 ${text}`,
        `C> EHLO ${text}`,
        `S> 250-${text}`,
        'S| 250 PIPELINING',
        `C> MAIL FROM:<${text}>`,
      ]
      lines.push(`C| RCPT TO:<${text}>`, `C| ${text}`, 'C| QUIT', `S> 250 ${text}`, `S| 221 ${text}`, 'S> [fin]')
      const transcript = { ...parseTranscript(lines.join('\n')), startUs: 1_290_930_428_000_000 }
      const path = join(folder, `${text.replaceAll('/', '_').slice(0, 40)}.pcap`)
      writeFileSync(path, toCollection([transcript]))
      await opened([path], async (page) => {
        const strange =
          "[...document.querySelectorAll('img, iframe, script:not([type]):not(:last-of-type), [onload], [onerror], [onmouseover], [href^=javascript]')].length"
        for (const view of ['overview', 'servers', 'incidents', 'sessions', 'session=s1', `sessions&filter=${text}`]) {
          await page.evaluate(`location.hash = ${JSON.stringify(view)}`)
          if (view === 'session=s1') await page.waitForSelector('.ladder svg')
          await page.evaluate("document.querySelectorAll('main details').forEach((each) => { each.open = true })")
          expect(await page.evaluate(strange)).toBe(0)
          expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(1280)
          expect(await page.textContent('main')).not.toMatch(/(?!\n)[\p{Cc}\p{Cf}]/u)
        }
        const report = (await saved(page, 'Report')).toString()
        expect(report).not.toMatch(/<(?:img|iframe|a href=javascript)|<script>alert|<svg onload/)
      })
    },
  )

  test('what is no capture is said to be none', async () => {
    await opened([join(root, 'README.md')], async (page) => {
      await page.waitForSelector('h1:text-is("No SMTP session found")')
      await page.waitForSelector('.notice:has-text("README.md")')
    })
  })
})
