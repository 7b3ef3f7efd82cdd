// `node test/bench/cluster.mjs`: what a run on several workers costs beside `check` on one machine, and what Redis needs
// for many slices. Starts a redis-server of its own on loopback; prints a table.
//   node test/bench/cluster.mjs [--megabytes 400] [--files 40] [--slices 10000] [--runs 3]
import { spawn, spawnSync } from 'node:child_process'
import {
  closeSync,
  existsSync,
  fstatSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { createServer } from 'node:net'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { generate } from './generate.mjs'

const root = fileURLToPath(new URL('../..', import.meta.url))
const program = join(root, 'dist/run/cli.js')
const words = process.argv.slice(2)
const option = (name, otherwise) => {
  const at = words.indexOf(name)
  return at < 0 ? otherwise : Number(words[at + 1])
}
const megabytes = option('--megabytes', 400)
const files = option('--files', 40)
const slices = option('--slices', 10_000)
const runs = option('--runs', 3)

const folder = mkdtempSync(join(tmpdir(), 'pipelint-bench-'))
const cache = join(root, 'node_modules/.cache/bench')
const children = []
const port = await new Promise((resolve) => {
  const server = createServer()
  server.listen(0, '127.0.0.1', () => {
    const { port: free } = server.address()
    server.close(() => resolve(free))
  })
})
const place = ['--redis', `redis://127.0.0.1:${port}`, '--work-dir', join(folder, 'work')]

function start(command, ...its) {
  const child = spawn(command, its, { stdio: 'ignore' })
  children.push(child)
  return child
}

const worker = () => start(process.execPath, program, 'cluster', 'work', ...place, '--root', folder)
const stop = (child) =>
  new Promise((resolve) => {
    child.on('exit', resolve)
    child.kill('SIGKILL')
  })
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms))

/** Seconds of wall clock, without this process waiting in the way. */
function time(...its) {
  return new Promise((resolve, reject) => {
    const begin = performance.now()
    const child = spawn(process.execPath, [program, ...its], { stdio: ['ignore', 'pipe', 'inherit'] })
    let printed = ''
    child.stdout.on('data', (piece) => {
      if (printed.length < 1000) printed += piece
    })
    child.on('exit', (code) => {
      if (code > 1) reject(new Error(`${its.join(' ')}: ${code}`))
      else resolve({ seconds: (performance.now() - begin) / 1000, printed: printed.trim() })
    })
  })
}

/** A pcap -> several, cut between records; their paths. */
function rotated(path, name, count) {
  const file = openSync(path, 'r')
  const { size } = fstatSync(file)
  const bytes = Buffer.alloc(size)
  for (let at = 0; at < size; ) at += readSync(file, bytes, at, Math.min(1 << 30, size - at), at)
  closeSync(file)
  const paths = []
  let from = 24
  for (let at = 24; at < size; ) {
    at += 16 + bytes.readUInt32LE(at + 8)
    if (at < size && at < 24 + ((paths.length + 1) * (size - 24)) / count) continue
    const part = join(folder, 'captures', `${name}-${String(paths.length).padStart(6, '0')}.pcap`)
    writeFileSync(part, Buffer.concat([bytes.subarray(0, 24), bytes.subarray(from, at)]))
    paths.push(part)
    from = at
  }
  return paths
}

function redis(...its) {
  return spawnSync('redis-cli', ['-p', String(port), ...its], { encoding: 'utf8' }).stdout
}

const median = (numbers) => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)]

try {
  for (const name of ['work', 'redis', 'captures']) mkdirSync(join(folder, name))
  mkdirSync(cache, { recursive: true })
  start(
    'redis-server',
    '--port',
    String(port),
    '--bind',
    '127.0.0.1',
    '--appendonly',
    'yes',
    '--dir',
    join(folder, 'redis'),
  )
  const capture = join(cache, `cluster-${megabytes}.pcap`)
  if (!existsSync(capture)) generate(capture, { seed: 1, bytes: megabytes * 1e6, mails: 3, size: 400, open: 64 })
  const set = rotated(capture, 'set', files)
  const alone = () => time('check', '--threads', '1', ...set)
  // A worker is a service: what it runs is compiled by the first run, which is not timed.
  const submit = async () => {
    await pause(1500)
    await time('cluster', 'submit', '--wait', ...place, ...set)
    return (await time('cluster', 'submit', '--wait', ...place, ...set)).seconds
  }
  const seconds = { alone: [], both: [], check: [], one: [], two: [] }
  for (let run = 0; run < runs; run++) {
    seconds.alone.push((await alone()).seconds)
    seconds.both.push(Math.max(...(await Promise.all([alone(), alone()])).map((each) => each.seconds)))
    seconds.check.push((await time('check', '--threads', '2', ...set)).seconds)
    const first = worker()
    seconds.one.push(await submit())
    const second = worker()
    seconds.two.push(await submit())
    await Promise.all([stop(first), stop(second)])
  }
  const [single, both, check, one, two] = Object.values(seconds).map(median)
  console.log(`${cpus().length} cores, ${files} files of ${megabytes / files} MB, medians of ${runs}`)
  console.log(`check --threads 1      ${single.toFixed(2)} s`)
  console.log(
    `two of them at once    ${both.toFixed(2)} s   ${((2 * single) / both).toFixed(2)} x one: what two cores give`,
  )
  console.log(`check --threads 2      ${check.toFixed(2)} s`)
  console.log(`one worker             ${one.toFixed(2)} s`)
  console.log(`two workers            ${two.toFixed(2)} s   ${(one / two).toFixed(2)} x one worker`)
  console.log(`overhead over check    ${(100 * (two / check - 1)).toFixed(0)} %`)

  const small = join(folder, 'small.pcap')
  generate(small, { seed: 2, bytes: slices * 15_000, mails: 3, size: 400, open: 64 })
  rotated(small, 'many', slices)
  await pause(500)
  const submitted = await time('cluster', 'submit', ...place, join(folder, 'captures', 'many-*.pcap'))
  const workers = [worker(), worker()]
  const begin = performance.now()
  let [peak, slowest, state] = [0, 0, '']
  while (!/done|failed/.test(state)) {
    await pause(1000)
    const told = await time('cluster', 'status', submitted.printed, ...place)
    slowest = Math.max(slowest, told.seconds)
    state = told.printed
    peak = Math.max(peak, Number(/^used_memory:(\d+)/m.exec(redis('info', 'memory'))?.[1] ?? 0))
  }
  console.log(`${slices} slices: ${state}`)
  console.log(`submit ${submitted.seconds.toFixed(2)} s, status at most ${slowest.toFixed(2)} s`)
  console.log(
    `Redis at most ${(peak / 1e6).toFixed(0)} MB; all done after ${((performance.now() - begin) / 1000).toFixed(0)} s`,
  )
  await Promise.all(workers.map(stop))
} finally {
  await Promise.all(children.filter(({ exitCode, signalCode }) => exitCode === null && signalCode === null).map(stop))
  rmSync(folder, { recursive: true, force: true })
}
