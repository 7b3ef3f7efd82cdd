// The screen of `watch`, word for word, in terminals of several sizes.
import { readFileSync } from 'node:fs'
import { beforeAll, describe, test } from 'vitest'
import { analyze } from '../../src/analyze.ts'
import { PLAIN } from '../../src/report/format-text.ts'
import { renderScreen, type SeenIncident, type WatchState } from '../../src/report/watch-screen.ts'
import { incidentsOf } from '../../src/rules/incidents.ts'
import { expectGolden } from '../support/golden.ts'

const NAMES = ['haraka-transactions', 'smtp-sink-closes-on-recipient', 'exim-without-pipelining']
/** Columns and rows. */
const SIZES = [
  [60, 40],
  [80, 24],
  [120, 40],
] as const

/** What `watch` knows when it has read all of the captures. */
async function watched(): Promise<WatchState> {
  const incidents: SeenIncident[] = []
  const captures = NAMES.map((name) => ({ name: `${name}.pcap`, bytes: whole(`test/captures/${name}.pcap`) }))
  const { summary, faults } = await analyze(captures, {
    onSession({ record, findings }) {
      for (const incident of incidentsOf(findings)) incidents.push({ incident, session: record, frames: '' })
    },
  })
  const capture = 'haraka-transactions.pcap'
  return { capture, captures: NAMES.length, lastAt: '2026-11-23T18:29:21.000000Z', summary, faults, incidents }
}

async function* whole(path: string): AsyncGenerator<Uint8Array> {
  yield readFileSync(path)
}

describe('watch', () => {
  let busy: WatchState
  beforeAll(async () => {
    busy = await watched()
  })

  for (const [width, height] of SIZES) {
    test(`${width} columns`, () => {
      const page = { width, height, style: PLAIN }
      const empty = { sessions: 0, violation: 0, suspected: 0, inconclusive: 0, conforming: 0 }
      const none = { faults: [], incidents: [], captures: 1, lastAt: busy.lastAt }
      const screens = [
        { ...none, capture: null, captures: 0, lastAt: null, summary: empty },
        { ...none, capture: 'mail.pcap', summary: { ...empty, sessions: 4, conforming: 4 } },
        { ...none, capture: 'mail.pcap', summary: { ...empty, sessions: 4, inconclusive: 3, conforming: 1 } },
        busy,
      ].map((state) => `${renderScreen(state, page).join('\n')}\n`)
      const golden = new URL(`goldens/watch-${width}.txt`, import.meta.url).pathname
      expectGolden(golden, screens.join(`${'='.repeat(width)}\n`))
    })
  }
})
