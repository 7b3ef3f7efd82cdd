// The entry point: the process, its streams and its exit code. Nothing below knows of them.
import { readFileSync } from 'node:fs'
import { DeliveryError, UsageError } from '../errors.ts'
import { terminal } from '../report/escape.ts'
import { type CliContext, DELIVERY, INTERRUPTED, styleOf, USAGE, widthOf } from './cli-context.ts'
import { followDecisions } from './debug.ts'
import { run } from './program.ts'

const { stdout, stderr, env } = process
const { TERM } = env

const interruption = new AbortController()

let endsInOrder = false

/** The first Ctrl-C ends the reading, and what was read is judged; the second ends the process. */
function onInterrupt(): void {
  if (!endsInOrder || interruption.signal.aborted) process.exit(INTERRUPTED)
  interruption.abort()
}

process.on('SIGINT', onInterrupt)
// So that `exit` is emitted, which removes what must not stay. 128 + the number of the signal, as shells count.
process.on('SIGTERM', () => process.exit(143))
process.on('SIGHUP', () => process.exit(129))

const around: CliContext = {
  print: (piece) => new Promise((resolve) => stdout.write(piece, () => resolve())),
  isTerminal: stdout.isTTY === true,
  progress: stderr.isTTY === true && TERM !== 'dumb' ? stderr : null,
  interruption() {
    endsInOrder = true
    return interruption.signal
  },
  warn: (line) => void stderr.write(`pipelint: ${line}\n`),
  width: widthOf(stdout.columns, env),
  style: styleOf(stdout.isTTY === true, env),
  input: process.stdin,
}

// Who reads us may have had enough (`| head`): that is no failure. A full disk is.
stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit()
  around.warn(`standard output cannot be written: ${error.message}`)
  process.exit(DELIVERY)
})
stderr.on('error', () => {})

const manifest = readFileSync(new URL('../../package.json', import.meta.url), 'utf8')
const { version } = JSON.parse(manifest) as { version: string }

/** Prints an error in one line; a defect of this program with its stack, and never with exit code 1. */
function fail(error: unknown): number {
  if (error instanceof UsageError || error instanceof DeliveryError) {
    around.warn(terminal(error.message))
    return error instanceof UsageError ? USAGE : DELIVERY
  }
  const trace = error instanceof Error ? (error.stack ?? error.message) : String(error)
  around.warn(`internal error, please report it: ${trace.split('\n').map(terminal).join('\n')}`)
  return DELIVERY
}

try {
  followDecisions(process.argv.slice(2), env, (line) => void stderr.write(`${line}\n`))
  process.exitCode = await run(process.argv.slice(2), around, version)
  // Standard input may be silent for ever.
  if (interruption.signal.aborted) process.exit(INTERRUPTED)
} catch (error) {
  process.exitCode = fail(error)
}
