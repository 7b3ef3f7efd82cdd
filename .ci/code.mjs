// Writes the code that V8 makes of the bundled program (dist/run/*.code), with all functions that ordinary use calls: the
// program runs once for each usual command. Prints what the program prints.
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
for (const words of [
  ['--help'],
  ['check', samples],
  ['check', '--format', 'json', samples],
  ['triage', samples],
  ['transcript', capture],
  ['report', '--server', '203.0.113.25', '--format', 'html', capture],
]) {
  await main(words)
}
for (const [name, script] of program.scripts) writeFileSync(join(folder, name + CODE_ENDING), script.createCachedData())
