// The entry point: process, streams and exit code. No other module uses these.
import { readFileSync } from 'node:fs'
import { DeliveryError, UsageError } from '../errors.ts'
import { fastPathSetting } from '../fast-path/setting.ts'
import { terminal } from '../report/escape.ts'
import { type CliContext, DELIVERY, styleOf, USAGE, widthOf } from './cli-context.ts'
import { followDecisions } from './debug.ts'
import { startThreadsEarly } from './early-threads.ts'
import { Interruption } from './interruption.ts'
import { run } from './program.ts'
import { StandardStream } from './standard-stream.ts'

export { engineWork } from '../tcp/engine-work.ts'

const { env } = process
const { TERM } = env

// 0 would mean that everything was read and nothing found, also for a reader that closed early (`| head`).
const stdout = new StandardStream(1, (error) => {
  const isClosed = error.code === 'EPIPE'
  around.warn(`standard output ${isClosed ? 'was closed: write EPIPE' : `cannot be written: ${error.message}`}`)
  process.exit(DELIVERY)
})
const stderr = new StandardStream(2, () => {})
const screen = stdout.terminal

const interruption = new Interruption(
  (code) => process.exit(code),
  () => around.hint('reading the rest of standard input; Ctrl-C again stops'),
)

process.on('SIGINT', () => interruption.onSignal())
// The end of the process emits `exit`, which removes temporary files.
process.on('SIGTERM', () => interruption.onTermination(143))
process.on('SIGHUP', () => interruption.onTermination(129))

const around: CliContext = {
  print: (piece) => stdout.write(piece),
  isTerminal: screen !== null,
  progress: TERM === 'dumb' ? null : stderr.terminal,
  interruption: (finishes) => interruption.take(finishes),
  warn: (line) => void stderr.write(`pipelint: ${line}\n`),
  hint: (line) => void stderr.write(`pipelint: ${line}\n`),
  width: widthOf(screen?.columns, env),
  screen:
    screen === null || TERM === 'dumb' ? null : () => ({ width: widthOf(screen.columns, env), height: screen.rows }),
  style: styleOf(screen !== null, env),
  // Opened when it is read.
  get input() {
    return interruption.following(process.stdin)
  },
}

const manifest = readFileSync(new URL('../../package.json', import.meta.url), 'utf8')
const { version } = JSON.parse(manifest) as { version: string }

/** Prints an error in one line; an internal error with its stack. The exit code is never 1. */
function fail(error: unknown): number {
  if (error instanceof UsageError || error instanceof DeliveryError) {
    around.warn(terminal(error.message))
    return error instanceof UsageError ? USAGE : DELIVERY
  }
  const trace = error instanceof Error ? (error.stack ?? error.message) : String(error)
  around.warn(`internal error, please report it: ${trace.split('\n').map(terminal).join('\n')}`)
  return DELIVERY
}

/** Runs a command line and sets the exit code of the process. */
export async function main(words: readonly string[] = process.argv.slice(2)): Promise<void> {
  try {
    fastPathSetting.isOff = env.PIPELINT_FAST_PATH === 'off'
    followDecisions(words, env, (line) => void stderr.write(`${line}\n`))
    const exitCode = await run(words, around, version)
    process.exitCode = interruption.exitCode ?? exitCode
    // Standard input may stay open without data.
    if (interruption.signal.aborted) process.exit()
  } catch (error) {
    process.exitCode = fail(error)
  }
}

/** The same for a process that does nothing else: its end frees memory faster than Node does when nothing is left to do. */
export async function start(): Promise<void> {
  startThreadsEarly(process.argv.slice(2))
  await main()
  if (stdout.isFlushed && stderr.isFlushed) process.exit()
}
