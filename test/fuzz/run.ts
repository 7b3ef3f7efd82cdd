// `npm run fuzz`: makes inputs until the time is over, tells how many, and keeps what fails, shrunk, in a file.
//   npm run fuzz -- [--minutes 1] [--seed 1] [--kind file] [--keep 5] [folder…]
import { mkdirSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { Dice } from './dice.ts'
import { writeFrames } from './frames.ts'
import { KINDS, type Kind, makeInput, seedsIn } from './inputs.ts'
import { shrink } from './shrink.ts'
import { Watched } from './watched.ts'
import type { Request } from './worker.ts'

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
const kinds = values.kind === undefined ? KINDS : KINDS.filter((kind) => kind === values.kind)
const until = performance.now() + Number(values.minutes) * 60_000
const folder = join(tmpdir(), 'pipelint-fuzz')
const seeds = await seedsIn([join(root, 'samples'), join(root, 'test/captures'), ...positionals])
const tried = new Map<Kind, number>(kinds.map((kind) => [kind, 0]))
const found: string[] = []
/** Failures by their words, numbers aside: each is kept once. */
const known = new Map<string, number>()
const program = new Watched()
mkdirSync(folder, { recursive: true })
console.log(`${seeds.length} captures to start from, seed ${values.seed}, ${values.minutes} minutes`)

for (let n = 0; performance.now() < until && found.length < Number(values.keep); n++) {
  const dice = new Dice(Number(values.seed) * 1e6 + n)
  const kind = dice.pick(kinds)
  const seed = dice.pick(seeds)
  const input = makeInput(kind, seed, dice.pick(seeds), dice)
  if (input === null) continue
  tried.set(kind, (tried.get(kind) ?? 0) + 1)
  const isDamage = kind === 'damage' && seed.capture !== null
  const intact = isDamage ? { name: seed.name, file: writeFrames(seed.capture) } : null
  await look({ input, intact }, `${kind} ${values.seed}-${n}`, seed.name)
}
await program.close()
console.log([...tried].map(([kind, count]) => `${count} ${kind}`).join(', '))
for (const [name, times] of known) if (times > 1) console.log(`${times} times ${name.split('\n')[0]}`)
console.log(found.length === 0 ? 'nothing found' : `${found.length} found:\n${found.join('\n')}`)
process.exitCode = found.length === 0 ? 0 : 1

async function look(request: Request, label: string, from: string): Promise<void> {
  const answer = await program.examine(request)
  if (answer === null) return
  const name = `${answer.kind} ${answer.what.slice(0, 300)}`.replace(/\d+/g, '0')
  const times = known.get(name) ?? 0
  known.set(name, times + 1)
  if (times > 0) return
  console.log(`${label} of ${from}: ${answer.kind}: ${answer.what}; shrinking`)
  const alike = async (input: Uint8Array) =>
    (await program.examine({ input, intact: request.intact }))?.kind === answer.kind
  const small = await shrink(request.input, alike, SHRINK_MS)
  const path = join(folder, `${answer.kind}-${label.replaceAll(' ', '-')}.pcap`)
  writeFileSync(path, small)
  found.push(`${path} (${small.length} bytes of ${request.input.length}): ${answer.kind}: ${answer.what}`)
}
