// The HTML of a report in a browser: nothing said on its console, nothing asked of any network, nothing wider than the
// window, nothing that a reader with a screen reader would stumble over, and printable.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { type Browser, chromium, type Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { reportHtml } from '../../../src/report/vendor/render-html.ts'
import { needsPeer } from '../../support/peer.ts'
import { sampleOf } from '../../support/sample.ts'
import { REALISTIC, withWords } from './fixtures.ts'

const PROGRAM = '/usr/bin/chromium'
const ARGUMENTS = ['--no-sandbox', '--disable-gpu', '--disable-background-networking']
const WIDTHS = [360, 800, 1600]
const SCHEMES = ['light', 'dark'] as const
const text = (path: string) => readFileSync(new URL(`../../../${path}`, import.meta.url), 'utf8')
const axe = text('node_modules/axe-core/axe.min.js')
const PAGES = {
  realistic: reportHtml(REALISTIC),
  // A word without any place to break it.
  hostile: reportHtml(withWords(REALISTIC, `\x1b\u202e<script>alert(1)</script>${'w'.repeat(120)}`)),
  example: text('docs/example-report.html'),
}

interface Violation {
  readonly id: string
  readonly impact: string
  readonly nodes: readonly { readonly html: string }[]
}

describe.runIf(needsPeer(PROGRAM))('in Chromium', () => {
  let folder = ''
  let browser: Browser
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'pipelint-'))
    for (const [name, html] of Object.entries(PAGES)) writeFileSync(join(folder, `${name}.html`), html)
    browser = await chromium.launch({ executablePath: PROGRAM, args: ARGUMENTS })
  })
  afterAll(async () => {
    await browser?.close()
    rmSync(folder, { recursive: true })
  })

  /** Opens a page and notes whatever it says or asks for. */
  async function open(name: string, width: number, colorScheme: 'light' | 'dark', see: (page: Page) => Promise<void>) {
    const page = await browser.newPage({ viewport: { width, height: 900 }, colorScheme })
    const said: string[] = []
    const asked: string[] = []
    page.on('console', (message) => said.push(message.text()))
    page.on('pageerror', ({ message }) => said.push(message))
    page.on('dialog', (dialog) => said.push(dialog.message()))
    page.on('request', (request) => asked.push(request.url()))
    const address = pathToFileURL(join(folder, `${name}.html`)).href
    await page.goto(address)
    await see(page)
    await page.close()
    expect(said).toEqual([])
    expect(asked).toEqual([address])
  }

  const looks = WIDTHS.flatMap((width) => SCHEMES.map((scheme) => [width, scheme] as const))
  test.each(sampleOf(looks, 'looks'))('%i px, %s: nothing is wider, and everything is accessible', (width, scheme) =>
    open('realistic', width, scheme, async (page) => {
      await expectRoom(page, width)
      expect(await seriousIn(page)).toEqual([])
    }),
  )

  const others = WIDTHS.flatMap((width) => ['hostile', 'example'].map((name) => [width, name] as const))
  test.each(sampleOf(others, 'others'))('%i px, %s: nothing is wider', (width, name) =>
    open(name, width, 'light', (page) => expectRoom(page, width)),
  )

  test('the published example is accessible', () =>
    open('example', 800, 'dark', async (page) => {
      expect(await seriousIn(page)).toEqual([])
    }))

  test('labels of a ladder neither overlap nor leave the drawing', () =>
    open('realistic', 1600, 'light', async (page) => {
      expect(await page.evaluate(LABELS)).toEqual([])
    }))

  test('by keyboard: the first stop leads past the contents, and what scrolls can be reached', () =>
    open('realistic', 360, 'light', async (page) => {
      await page.keyboard.press('Tab')
      expect(await page.evaluate('document.activeElement.textContent')).toBe('Skip to the report')
      await page.keyboard.press('Enter')
      expect(await page.evaluate('document.activeElement.id')).toBe('report')
      expect(await page.evaluate(UNREACHABLE)).toEqual([])
    }))

  test('the filters show some cases without any script: rows, chapters and entries of the contents', () =>
    open('realistic', 1600, 'light', async (page) => {
      const shown = () =>
        page.evaluate<string[]>(
          "[...document.querySelectorAll('.case')].filter((each) => each.checkVisibility()).map((each) => each.localName)",
        )
      expect((await shown()).sort()).toEqual(['article', 'article', 'li', 'li', 'tr', 'tr'])
      await page.check('#only-client')
      expect((await shown()).sort()).toEqual(['article', 'li', 'tr'])
      await page.check('#only-proved')
      expect(await shown()).toEqual([])
      await page.check('#any-party')
      expect((await shown()).sort()).toEqual(['article', 'li', 'tr'])
      await page.selectOption('select', { label: 'command-after-sync-command' })
      expect(await shown()).toEqual([])
    }))

  test.each([
    [999, '.contents', '.beside'],
    [1000, '.beside', '.contents'],
  ])('at %i px the contents are in %s', (width, here, notHere) =>
    open('realistic', width, 'light', async (page) => {
      expect(await page.isVisible(here)).toBe(true)
      expect(await page.isVisible(notHere)).toBe(false)
      expect(await page.isVisible('.contents ol')).toBe(false)
    }),
  )

  test.each([360, 737, 769, 770, 771, 800, 1000, 1200, 1600])(
    'at %i px a drawing says that it can be scrolled, if it does not fit',
    (width) =>
      open('realistic', width, 'light', async (page) => {
        const [fits, hint] = await page.evaluate<[boolean, string]>(
          "(() => { const box = document.querySelector('.ladder .box'); return [box.scrollWidth <= box.clientWidth, getComputedStyle(document.querySelector('.ladder figcaption'), '::after').content] })()",
        )
        expect(hint).toBe(fits ? 'none' : '"Wider than this screen: scroll it sideways."')
      }),
  )

  test('at 360 px only drawings and the matrix need to be scrolled, and a drawing says so', () =>
    open('realistic', 360, 'light', async (page) => {
      await page.evaluate("document.querySelectorAll('details').forEach((each) => { each.open = true })")
      const kinds = await page.evaluate<string[]>(
        "[...document.querySelectorAll('.box')].filter((each) => each.scrollWidth > each.clientWidth).map((each) => each.firstElementChild.getAttribute('class') ?? 'drawing')",
      )
      expect([...new Set(kinds)].sort()).toEqual(['drawing', 'matrix'])
      expect(
        await page.evaluate("getComputedStyle(document.querySelector('.ladder figcaption'), '::after').content"),
      ).toContain('scroll it sideways')
    }))

  test('on paper what is folded is printed, unless it repeats something', () =>
    open('realistic', 800, 'light', async (page) => {
      await page.emulateMedia({ media: 'print' })
      const seen = (words: string) =>
        page.evaluate(
          `[...document.querySelectorAll('.fold')].find((each) => each.textContent.includes(${JSON.stringify(words)})).getBoundingClientRect().height > 30`,
        )
      expect(await seen('A control')).toBe(true)
      expect(await seen('Line by line')).toBe(false)
      expect(await page.isVisible('nav')).toBe(false)
    }))

  test('on paper: no drawing is taller than a page', () =>
    open('realistic', 800, 'dark', async (page) => {
      await page.emulateMedia({ media: 'print' })
      const heights = await page.evaluate<number[]>(
        "[...document.querySelectorAll('svg')].map((each) => each.getBoundingClientRect().height)",
      )
      expect(Math.max(...heights)).toBeLessThanOrEqual((225 / 25.4) * 96)
      expect(await page.evaluate('getComputedStyle(document.body).backgroundColor')).toBe('rgb(255, 255, 255)')
      const pdf = await page.pdf({ format: 'A4' })
      expect(pdf.subarray(0, 5).toString()).toBe('%PDF-')
    }))
})

/** Neither as it is opened nor with everything unfolded does the page need more than its window. */
async function expectRoom(page: Page, width: number): Promise<void> {
  const wide = () => page.evaluate('document.documentElement.scrollWidth')
  expect(await wide()).toBeLessThanOrEqual(width)
  await page.evaluate("document.querySelectorAll('details').forEach((each) => { each.open = true })")
  expect(await wide()).toBeLessThanOrEqual(width)
  expect(await page.evaluate(CUT_OFF)).toEqual([])
}

async function seriousIn(page: Page): Promise<readonly string[]> {
  await page.evaluate(axe)
  const { violations } = await page.evaluate<{ violations: Violation[] }>("axe.run({ resultTypes: ['violations'] })")
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`)
}

/** Elements that hide some of what they hold and cannot be scrolled. */
const CUT_OFF = `[...document.querySelectorAll('body *')]
  .filter((each) => each.scrollWidth > each.clientWidth + 1 && getComputedStyle(each).overflowX === 'hidden')
  .map((each) => each.outerHTML)`

/** Pairs of labels of one drawing that lie over each other, and labels that lie outside of it. */
const LABELS = `[...document.querySelectorAll('.ladder svg')].flatMap((svg) => {
  const frame = svg.getBoundingClientRect()
  const boxes = [...svg.querySelectorAll('text')].map((each) => ({ text: each.textContent, box: each.getBoundingClientRect() }))
  const outside = boxes.filter(({ box }) => box.left < frame.left || box.right > frame.right || box.bottom > frame.bottom)
  const over = boxes.filter(({ box }, i) => boxes.some(({ box: other }, j) => i < j &&
    box.left < other.right && other.left < box.right && box.top + 3 < other.bottom && other.top + 3 < box.bottom))
  return [...outside, ...over].map(({ text }) => text)
})`

const UNREACHABLE = `[...document.querySelectorAll('body *')]
  .filter((each) => each.scrollWidth > each.clientWidth + 1 && getComputedStyle(each).overflowX === 'auto' && each.tabIndex !== 0)
  .map((each) => each.outerHTML)`
