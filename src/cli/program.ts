// The command line: commands, options, help. Everything it does goes through `Surroundings`, so that it can be tested
// without a process.
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander'
import { UsageError } from '../problems.ts'
import { type CheckOptions, check } from './check.ts'
import { rules } from './rules.ts'
import type { Surroundings } from './surroundings.ts'
import { type TranscriptWords, transcript } from './transcript.ts'

const EXIT_CODES = `
Exit codes of check:
  0  read everything, nothing at or above --fail-on
  1  read everything, at least one proved finding at or above --fail-on
  2  wrong usage: unknown option, no such file, bad value
  3  a capture could not be read to its end; what was read is judged (wins over 1)
  4  the result could not be written`

const EXAMPLES = `
Examples:
  pipelint mail.pcap                        judge every SMTP session
  pipelint check --format json mail.pcap    the same for scripts
  tcpdump -w - port 25 | pipelint -         from a pipe
  pipelint transcript --session s17 mail.pcap
  pipelint rules input-lost                 what a rule means and what proves it
${EXIT_CODES}`

const collect = (word: string, before: readonly string[] = []): readonly string[] => [...before, word]

function withSelection(command: Command): Command {
  return command
    .option('--port <n[,n]>', 'only these server ports; SMTP is looked for there (repeatable)', collect)
    .option('--server <addr[:port]>', 'only sessions of this server (repeatable)', collect)
    .option('--client <addr[:port]>', 'only sessions of this client (repeatable)', collect)
    .option('--session <id[,id]>', 'only these sessions, as in s17 (repeatable)', collect)
    .option('--rule <id[,id]>', 'only these rules (repeatable)', collect)
    .option('--since <time>', 'only sessions open at or after this time')
    .option('--until <time>', 'only sessions open at or before this time')
    .option('-o, --output <file>', 'write to a file instead of standard output')
}

export function buildProgram(around: Surroundings, version: string, done: (exitCode: number) => void): Command {
  const program = new Command('pipelint')
  program
    .description(
      'Reads packet captures and says who broke the rules of SMTP command pipelining, with the packets that prove it.',
    )
    .version(version, '-V, --version')
    .addHelpText('after', EXAMPLES)
    .configureOutput({
      writeOut: (text) => around.print(text),
      writeErr: () => {},
    })
    .exitOverride()

  withSelection(
    program
      .command('check', { isDefault: true })
      .argument('[capture...]', 'files, directories, globs, or - for standard input'),
  )
    .description('judge every SMTP session (the default command)')
    .addOption(new Option('--format <format>', 'how to print').choices(['table', 'json']).default('table'))
    .addOption(
      new Option('--fail-on <severity>', 'from which severity on to exit with 1')
        .choices(['error', 'warning', 'never'])
        .default('error'),
    )
    .option('--include-suspected', 'suspected findings count for the exit code too')
    .option('--all', 'list every server and every finding, also those for information')
    .addHelpText('after', EXIT_CODES)
    .action(async (captures: string[], options: CheckOptions) => done(await check(around, captures, options, version)))

  withSelection(
    program.command('transcript').argument('[capture...]', 'files, directories, globs, or - for standard input'),
  )
    .description('print dialogues in S> / C> form, findings marked where they happen')
    .option('--frames', 'add frame numbers')
    .action(async (captures: string[], options: TranscriptWords) => done(await transcript(around, captures, options)))

  program
    .command('rules')
    .argument('[rule]', 'the identifier of one rule')
    .description('print the rule catalogue, or one rule in full')
    .action(async (id: string | undefined) => done(await rules(around, id)))

  for (const command of program.commands) command.exitOverride().configureOutput(program.configureOutput())
  return program
}

/** Commander's complaints become ours; null for help and version, which are no complaint. */
export function toUsageError(error: unknown): UsageError | null {
  if (error instanceof UsageError) return error
  if (!(error instanceof CommanderError) && !(error instanceof InvalidArgumentError)) throw error
  if (error.exitCode === 0) return null
  return new UsageError(error.message.replace(/^error: /, '').replaceAll('\n', ' '))
}
