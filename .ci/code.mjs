// Writes the code that V8 makes of the bundled program (dist/run/*.code), with the functions that ordinary use calls: the
// program runs once for each usual command. A file that `check` loads has the functions that `check` calls, and no more: V8
// reads all of a file's code, and the default command is to start fast. Prints what the program prints.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { CODE_ENDING, Program } from '../dist/start/load.js'

const root = fileURLToPath(new URL('..', import.meta.url))
const folder = join(root, 'dist/run')
const samples = join(root, 'samples')
const capture = join(samples, 'frontbridge.pcap')

const program = new Program(folder)
const { main } = program.load('program.js')
const written = new Set()

/** Runs the commands, and writes the code of the files that they loaded. */
async function write(...commands) {
  for (const words of commands) await main(words)
  for (const [name, script] of program.scripts) {
    if (!written.has(name)) writeFileSync(join(folder, name + CODE_ENDING), script.createCachedData())
    written.add(name)
  }
}

await write(['check', samples])
await write(
  ['check', '--format', 'json', samples],
  ['--help'],
  ['triage', samples],
  ['transcript', capture],
  ['report', '--server', '203.0.113.25', '--format', 'html', capture],
)
