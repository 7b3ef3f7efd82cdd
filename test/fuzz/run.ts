// `npm run fuzz`: makes inputs until the time is over, tells how many, and keeps what fails, shrunk, in a file. It starts
// from test/fuzz/corpus, among others, and adds to it what reaches new parts of the program.
//   npm run fuzz -- [--minutes 1] [--seed 1] [--kind file] [--keep 5] [folder…]
// What is kept of a session that was misjudged has a second file beside it, which says what may be said of it.
import { cpSync, mkdirSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { anyPlan, type Input, inputOf, nameOf, type Plan, smallest, stepsOf } from './artefacts/plan.ts'
import { sessionsOfCaptures, sessionsOfTranscripts } from './artefacts/sessions.ts'
import { Corpus } from './corpus.ts'
import { Dice } from './dice.ts'
import { KINDS, makeInput, seedsIn } from './inputs.ts'
import { judge } from './oracle.ts'
import { shrink } from './shrink.ts'
import { Watched } from './watched.ts'
import type { Answer, Request } from './worker.ts'

const ALL_KINDS = [...KINDS, 'artefacts'] as const
type AnyKind = (typeof ALL_KINDS)[number]
const SHRINK_MS = 60_000
const root = fileURLToPath(new URL('../../../../', import.meta.url))

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    minutes: { type: 'string', default: '1' },
    seed: { type: 'string', default: '1' },
    kind: { type: 'string' },
    keep: { type: 'string', default: '5' },
  },
})
const kinds = values.kind === undefined ? ALL_KINDS : ALL_KINDS.filter((kind) => kind === values.kind)
const folder = join(tmpdir(), 'pipelint-fuzz')
const folders = [join(root, 'samples'), join(root, 'test/captures'), ...positionals]
const corpusFolder = join(root, 'test/fuzz/corpus')
const program = new Watched()
const corpus = new Corpus(corpusFolder, async (input) => {
  const failure = await program.examine({ input, expected: [] })
  return failure === null ? program.reached : new Int32Array()
})
const seeds = await seedsIn([...folders, corpusFolder])
const sessions = [...sessionsOfTranscripts(join(root, 'test/transcripts')), ...(await sessionsOfCaptures(folders))]
const tried = new Map<AnyKind, number>(kinds.map((kind) => [kind, 0]))
const found: string[] = []
/** Failures by their words, numbers aside: each is kept once. */
const known = new Map<string, number>()
mkdirSync(folder, { recursive: true })
// Where the compiled sources look for it.
cpSync(join(root, 'dist/fast-path/kernel.wasm'), join(root, 'dist/.fuzz/dist/fast-path/kernel.wasm'))
console.log(
  `${seeds.length} captures and ${sessions.length} sessions to start from, seed ${values.seed}, ${values.minutes} minutes`,
)
await corpus.know(seeds.map(({ file }) => file))
// To learn what the seeds reach takes long where there are many.
const until = performance.now() + Number(values.minutes) * 60_000

for (let n = 0; performance.now() < until && found.length < Number(values.keep); n++) {
  const dice = new Dice(Number(values.seed) * 1e6 + n)
  const kind = dice.pick(kinds)
  const label = `${kind} ${values.seed}-${n}`
  if (kind === 'artefacts') await lookAtPlan(anyPlan(sessions, dice), label)
  else {
    const seed = dice.pick(seeds)
    const input = makeInput(kind, seed, dice.pick(seeds), dice)
    if (input === null) continue
    await look({ input, expected: [] }, label, seed.name)
  }
  tried.set(kind, (tried.get(kind) ?? 0) + 1)
}
await program.close()
console.log([...tried].map(([kind, count]) => `${count} ${kind}`).join(', '))
for (const [name, times] of known) if (times > 1) console.log(`${times} times ${name.split('\n')[0]}`)
console.log(`${corpus.added} added to ${corpusFolder}`)
console.log(found.length === 0 ? 'nothing found' : `${found.length} found:\n${found.join('\n')}`)
process.exitCode = found.length === 0 ? 0 : 1

async function look(request: Request, label: string, from: string): Promise<void> {
  const answer = await program.examine(request)
  if (answer === null) return corpus.offer(request.input, program.reached)
  if (!isNew(`${answer.kind} ${answer.what.slice(0, 300)}`)) return
  console.log(`${label} of ${from}: ${answer.kind}: ${answer.what}; shrinking`)
  const alike = async (input: Uint8Array) => (await program.examine({ input, expected: [] }))?.kind === answer.kind
  keep(answer, label, { file: await shrink(request.input, alike, SHRINK_MS), expected: [] })
}

/** A plan shrinks as a plan: whatever is left of it is true of its sessions. */
async function lookAtPlan(plan: Plan, label: string): Promise<void> {
  const { file, expected } = await inputOf(plan, sessions, judge)
  const answer = await program.examine({ input: file, expected })
  if (answer === null) return corpus.offer(file, program.reached)
  const small = await smallest(plan, async (smaller) => {
    const other = await examinePlan(smaller)
    return other?.kind === answer.kind && other.name === answer.name
  })
  if (!isNew(`${answer.kind} ${answer.name ?? answer.what.slice(0, 300)} by ${stepsOf(small)}`)) return
  console.log(`${label}: ${answer.kind}: ${answer.what}\n  ${nameOf(small, sessions)}`)
  keep(answer, label, await inputOf(small, sessions, judge))
}

async function examinePlan(plan: Plan): Promise<Answer | null> {
  const { file, expected } = await inputOf(plan, sessions, judge)
  return program.examine({ input: file, expected })
}

function isNew(words: string): boolean {
  const name = words.replace(/\d+/g, '0')
  const times = known.get(name) ?? 0
  known.set(name, times + 1)
  return times === 0
}

function keep({ kind, what }: Answer, label: string, { file, expected }: Input): void {
  const path = join(folder, `${kind}-${label.replaceAll(' ', '-')}.pcap`)
  writeFileSync(path, file)
  if (expected.length > 0) writeFileSync(`${path}.expected.json`, `${JSON.stringify(expected, null, 2)}\n`)
  found.push(`${path} (${file.length} bytes): ${kind}: ${what}`)
}
