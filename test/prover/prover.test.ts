// Every proved error is proved once more, by a program that shares nothing with this one but the capture and the JSON
// document; and what is false about a finding, that program must find out.
import { readdirSync, readFileSync } from 'node:fs'
import { afterAll, describe, expect, inject, test } from 'vitest'
import { RULES } from '../../src/rules/index.ts'
import { toCapture } from '../support/judge.ts'
import { leaveOutVariants } from '../support/left-out.ts'
import { parseCases, parseTranscript, type Transcript } from '../support/transcript.ts'
import { type Alteration, alterationsOf } from './alterations.ts'
import { type Evidence, evidenceOf } from './evidence.ts'
import { NOT_READ, objection } from './prove.ts'

/** How many alterations `npm test` tries; `test:all` tries all there are. */
const FEW = 300
const LINES_MAX = 606

const at = (path: string) => new URL(`../${path}`, import.meta.url)
const captures = (folder: string) =>
  readdirSync(at(folder))
    .filter((name) => /\.pcap(?:ng)?$/.test(name))
    .map((name) => `${folder}${name}`)

function transcripts(): [string, Transcript][] {
  const files = readdirSync(at('transcripts/')).filter((name) => name.endsWith('.md'))
  const cases = files.flatMap((file) => parseCases(readFileSync(at(`transcripts/${file}`), 'utf8')))
  return [
    ...cases.map(({ title, transcript }): [string, Transcript] => [title, transcript]),
    ...RULES.map(({ id, violates }): [string, Transcript] => [id, parseTranscript(violates)]),
  ]
}

const seen: Evidence[] = []
let notRead = 0

async function objections(name: string, bytes: Uint8Array): Promise<string[]> {
  const evidence = await evidenceOf(name, bytes)
  seen.push(evidence)
  return evidence.findings.flatMap((finding) => {
    const session = evidence.sessions.get(finding.session)
    const wrong = session === undefined ? 'there is no session' : objection(finding, session, evidence.segments)
    // Behind octets that were not captured, or where some of the frames are none that it reads.
    const isUnreadable = session?.limits.some(({ code }) => /gap|snaplen/.test(code)) || !evidence.isReadWhole
    if (wrong === NOT_READ && isUnreadable) {
      notRead++
      return []
    }
    return wrong === null ? [] : [`${name} ${finding.id} ${finding.rule}: ${wrong}`]
  })
}

describe('accepts every proved error', () => {
  for (const path of [...captures('../samples/'), ...captures('captures/')])
    test(path.replace('../', ''), async () => {
      expect(await objections(path, readFileSync(at(path)))).toEqual([])
    })
  test('the transcripts', async () => {
    const wrong: string[] = []
    for (const [title, transcript] of transcripts()) wrong.push(...(await objections(title, toCapture(transcript))))
    expect(wrong).toEqual([])
  })
})

test('refuses what was altered', () => {
  const { all } = inject('scope')
  const findings = seen.flatMap((evidence) => evidence.findings.map((finding) => ({ finding, evidence })))
  // Making them takes as long as refusing them: a few of each of some findings.
  const step = all ? 1 : Math.ceil(Math.sqrt(findings.length))
  const accepted: string[] = []
  let tried = 0
  for (const { finding, evidence } of findings.filter((_, i) => i % step === 0)) {
    const alterations = [...alterationsOf(finding, evidence)]
    const some = alterations.filter(
      (_, i) => i % (all ? 1 : Math.ceil((alterations.length * findings.length) / step / FEW)) === 0,
    )
    leaveOutVariants(alterations.length - some.length)
    for (const one of some) {
      tried++
      if (objection(one.finding, one.session, evidence.segments) === null) accepted.push(told(one, evidence.name))
    }
  }
  process.stdout.write(`altered: ${tried}\n`)
  expect(accepted).toEqual([])
  expect(tried).toBeGreaterThan(all ? 10_000 : FEW / 2)
})

const told = ({ what, finding }: Alteration, name: string) => `${name} ${finding.id} ${finding.rule}: ${what}`

test('it is small, and shares no code', () => {
  const files = ['segments.ts', 'dialogue.ts', 'prove.ts'].map((name) => readFileSync(at(`prover/${name}`), 'utf8'))
  expect(files.flatMap((text) => text.trimEnd().split('\n')).length).toBeLessThanOrEqual(LINES_MAX)
  expect(files.flatMap((text) => text.match(/^import (?!type).*\/src\/.*/gm) ?? [])).toEqual([])
})

afterAll(() => {
  const sum = (count: (evidence: Evidence) => number) => seen.reduce((all, one) => all + count(one), 0)
  const [proved, inside] = [sum(({ findings }) => findings.length), sum(({ insideTls }) => insideTls)]
  const leftOut = `inside TLS: ${inside}, behind octets that were not captured, or in tunnels or fragments: ${notRead}`
  process.stdout.write(`proved once more: ${proved - notRead} errors; not tried, ${leftOut}\n`)
})
