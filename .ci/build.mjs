// src/ -> dist/: the library as the compiler writes it, the kernel of the fast path, the page, and dist/run/, the program
// with the packages that it uses in a few files, and with their compiled code, so that it starts in a third of the time.
import { spawn } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { rolldown } from 'rolldown'
import { asciiWidth } from './ascii-width.mjs'
import { markBuilt, sourceHash } from './fresh.mjs'
import { buildKernel } from './kernel.mjs'
import { buildPage } from './page.mjs'

const root = fileURLToPath(new URL('..', import.meta.url))
const [src, dist] = [join(root, 'src'), join(root, 'dist')]
const run = join(dist, 'run')
const { peerDependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))

/** What another compiler or the bundler writes, or hides from a package. */
const NOT_OF_TSC = /^(?:\.|run(?:$|[\\/])|fast-path[\\/]kernel\.wasm$|pipelint\.html$)/

/** The compiler leaves what it wrote for sources that are gone or have moved. */
function removeLeftovers() {
  const written = readdirSync(dist, { recursive: true }).filter((path) => !NOT_OF_TSC.test(path))
  for (const path of written) {
    const source = join(src, path.replace(/(?:\.d)?\.ts$|\.js$/, '.ts'))
    if (!existsSync(source)) rmSync(join(dist, path), { recursive: true, force: true })
  }
}

/** Runs a script of Node; resolves to its exit code. */
function node(script, stdout = 'inherit') {
  const child = spawn(process.execPath, [join(root, script)], { cwd: root, stdio: ['ignore', stdout, 'inherit'] })
  return new Promise((done) => child.once('close', (code) => done(code ?? 1)))
}

const external = [/^node:/, ...Object.keys(peerDependencies)]
const FORMAT = { dir: run, format: 'cjs', exports: 'named', charset: 'ascii', comments: false }

/** Writes a module of start/, which Node loads. */
async function bundleStart(name) {
  const build = await rolldown({ input: { [name]: join(dist, `start/${name}.js`) }, platform: 'node', external })
  await build.write(FORMAT)
  await build.close()
}

const PARTS = {
  program: join(dist, 'cli/main.js'),
  thread: join(dist, 'parallel/worker.js'),
  slice: join(dist, 'cluster/slice-job.js'),
}
const CHECK = join(dist, 'cli/check-command.js')
/** Through these, and no others, is reached what reads and judges a connection in full: most captures have few such, or none. */
const JUDGING = ['smtp/session/smtp-connection.js', 'rules/rule-runner.js', 'fast-path/checkpoint.js'].map((file) =>
  join(dist, file),
)
/** What `start/load.ts` calls is in the file: putting it around the text would copy the text. */
const WRAPPED = { postBanner: '(function (exports, require, module, __filename, __dirname) {', postFooter: '})' }

/**
 * Writes the program as CommonJS files, which `start/load.ts` loads. What is always loaded together is one file: reading
 * many takes longer. Returns the files that are in them.
 */
async function bundleProgram() {
  const [program, thread, check, ordinary] = [new Set(), new Set(), new Set(), new Set(JUDGING)]
  const closures = {
    name: 'closures',
    buildEnd() {
      const follow = (id, closure) => {
        if (closure.has(id)) return
        closure.add(id)
        for (const imported of this.getModuleInfo(id)?.importedIds ?? []) follow(imported, closure)
      }
      follow(PARTS.program, program)
      follow(PARTS.thread, thread)
      follow(CHECK, check)
      for (const part of [...Object.values(PARTS), CHECK]) follow(part, ordinary)
    },
  }
  const groups = [
    { name: 'common', test: (id) => program.has(id) && thread.has(id) },
    { name: 'main', test: (id) => program.has(id) && !thread.has(id) && id !== PARTS.program },
    { name: 'judging', test: (id) => thread.has(id) && (!ordinary.has(id) || JUDGING.includes(id)) },
    { name: 'engine', test: (id) => thread.has(id) && !program.has(id) && id !== PARTS.thread },
    { name: 'check', test: (id) => check.has(id) && !thread.has(id) && !program.has(id) },
  ]
  const onLog = (level, log, handle) => log.code === 'INEFFECTIVE_DYNAMIC_IMPORT' || handle(level, log)
  const input = { input: PARTS, platform: 'node', external, plugins: [closures, asciiWidth], onLog }
  const build = await rolldown({ ...input, preserveEntrySignatures: 'allow-extension' })
  const { output } = await build.write({
    ...FORMAT,
    ...WRAPPED,
    codeSplitting: { groups, includeDependenciesRecursively: false },
  })
  await build.close()
  return output.flatMap(({ moduleIds = [] }) => moduleIds)
}

/** Their licences ask that their notices come with each copy. */
function writeNotices(files) {
  const folders = new Set(files.map((file) => /^.*[\\/]node_modules[\\/](?:@[^\\/]+[\\/])?[^\\/]+/.exec(file)?.[0]))
  folders.delete(undefined)
  const notices = [...folders].sort().map((folder) => {
    const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
    const file = readdirSync(folder).find((each) => /^licen[cs]e/i.test(each))
    return `${name} ${version} (${license})\n\n${file === undefined ? '' : readFileSync(join(folder, file), 'utf8').trim()}\n`
  })
  writeFileSync(join(run, 'NOTICES'), notices.join('\n---\n\n'))
}

// Taken first: what is edited during a build is not in it.
const hash = sourceHash()
const failed = (await Promise.all([node('node_modules/typescript/bin/tsc'), buildKernel()])).find(
  (status) => status !== 0,
)
if (failed !== undefined) process.exit(failed)
removeLeftovers()
rmSync(run, { recursive: true, force: true })
const files = await bundleProgram()
for (const name of ['cli', 'worker', 'slice-job']) await bundleStart(name)
writeNotices(files)
writeFileSync(join(run, 'package.json'), '{ "type": "commonjs" }\n')
const status = await node('.ci/code.mjs', 'ignore')
if (status !== 0) process.exit(status)
await buildPage()
markBuilt(hash)
