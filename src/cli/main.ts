// The front door: the process, its streams and its exit code. Nothing below knows of them.
import { readFileSync } from 'node:fs'
import { DeliveryError } from '../problems.ts'
import { COLOURED, harmless, PLAIN } from '../report/text.ts'
import { DELIVERY, USAGE } from './exit.ts'
import { buildProgram, toUsageError } from './program.ts'
import type { Surroundings } from './surroundings.ts'

const { stdout, stderr, env } = process

/** Colour only for a terminal, unless the environment says otherwise (https://no-color.org). */
function wantsColour(): boolean {
  if (env.NO_COLOR !== undefined && env.NO_COLOR !== '') return false
  if (env.FORCE_COLOR !== undefined && env.FORCE_COLOR !== '' && env.FORCE_COLOR !== '0') return true
  return stdout.isTTY === true && env.TERM !== 'dumb'
}

const around: Surroundings = {
  print: (text) => new Promise((resolve) => stdout.write(text, () => resolve())),
  warn: (line) => void stderr.write(`pipelint: ${line}\n`),
  width: Math.max(40, Math.min(160, stdout.columns ?? Number(env.COLUMNS ?? 80))),
  ink: wantsColour() ? COLOURED : PLAIN,
  input: process.stdin,
}

// Who reads us may have had enough (`| head`): that is no failure. A full disk is.
stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit()
  around.warn(`standard output cannot be written: ${error.message}`)
  process.exit(DELIVERY)
})

const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
  version: string
}
const program = buildProgram(around, version, (code) => {
  process.exitCode = code
})

try {
  await program.parseAsync()
} catch (error) {
  if (error instanceof DeliveryError) {
    around.warn(harmless(error.message))
    process.exitCode = DELIVERY
  } else {
    const usage = toUsageError(error)
    if (usage !== null) {
      around.warn(harmless(usage.message))
      process.exitCode = USAGE
    }
  }
}
