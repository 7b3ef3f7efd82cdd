// A reading without the rules: what a comparison fetches dialogues with.
import { readdirSync } from 'node:fs'
import { expect, test } from 'vitest'
import { analyze } from '../../src/analyze.ts'
import { EndpointTable } from '../../src/compare/endpoint-table.ts'
import type { AnalyzeOptions } from '../../src/pipeline.ts'
import type { SessionReport } from '../../src/rules/session-report.ts'

const samples = readdirSync('samples').filter((name) => name.endsWith('.pcap'))

async function read(path: string, options: AnalyzeOptions): Promise<SessionReport[]> {
  const reports: SessionReport[] = []
  const onSession = (report: SessionReport) => void reports.push(report)
  await analyze([path], { ...options, dialogues: true, keepSessions: 'none', onSession })
  return reports.sort((a, b) => a.firstFrame - b.firstFrame)
}

test('the same dialogues and limits, and no findings', async () => {
  const said = ({ groups, greeting, close, limits }: SessionReport) => ({ groups, greeting, close, limits })
  let findings = 0
  for (const name of samples) {
    const judged = await read(`samples/${name}`, {})
    const fetched = await read(`samples/${name}`, { limitsOnly: true, anyOrder: true })
    findings += judged.flatMap((report) => report.findings).length
    expect(fetched.flatMap((report) => report.findings)).toEqual([])
    expect(fetched.map(said)).toEqual(judged.map(said))
  }
  expect(findings).toBeGreaterThan(0)
})

test('end points come out as they went in', () => {
  const table = new EndpointTable()
  const all = Array.from({ length: 3000 }, (_, i) => `${i % 2 ? `[2001:db8::${i % 7}]` : `192.0.2.${i % 9}`}:${i * 21}`)
  for (const endpoint of all) table.add(endpoint)
  expect(all.map((_, i) => table.at(i))).toEqual(all)
})
