// The command line: commands, options, help. All effects go through `CliContext`, so that it can be tested without a
// process.
import { existsSync } from 'node:fs'
import { Argument, Command, CommanderError, Option } from 'commander'
import { UsageError } from '../errors.ts'
import { COMPARISON_FORMATS } from '../report/compare/comparison-json.ts'
import { COLOURED, PLAIN, wrap } from '../report/format-text.ts'
import { REPORT_FORMATS } from '../report/vendor/report-formats.ts'
import type { CheckOptions } from './check-command.ts'
import { type CliContext, OK } from './cli-context.ts'
import { defineCluster } from './cluster-options.ts'
import type { CompareWords } from './compare-command.ts'
import type { EvidenceWords } from './evidence-command.ts'
import {
  by,
  CAPTURES,
  COLOURS,
  collect,
  profile,
  SHELLS,
  type Shell,
  withLocalTime,
  withLogs,
  withPrinting,
  withSelection,
  withWatching,
} from './options.ts'
import type { ReportWords } from './report-command.ts'
import { suggest } from './suggest.ts'
import type { TranscriptWords } from './transcript-command.ts'
import type { TriageWords } from './triage-command.ts'
import type { WatchWords } from './watch-command.ts'
import type { WiresharkWords } from './wireshark-command.ts'

type Rows = readonly (readonly [term: string, words: string])[]

const EXIT_CODES: Rows = [
  ['0', 'all captures were read, no finding at or above --fail-on'],
  ['1', 'all captures were read, at least one proved finding at or above --fail-on'],
  [
    '2',
    'wrong usage: unknown option, no such file, invalid value; or fewer sessions than --require-sessions could be judged',
  ],
  ['3', 'part of a capture could not be read; the rest is judged (wins over 1)'],
  ['4', 'the result could not be written'],
  ['130', 'interrupted: what was read before is judged and printed'],
]

const EXAMPLES: Rows = [
  ['pipelint mail.pcap', 'judge every SMTP session'],
  ['pipelint check --format json mail.pcap', 'the same as JSON, for scripts'],
  ['tcpdump -w - port 25 | pipelint -', 'read a capture from a pipe'],
  ['pipelint triage mail.pcap', 'which servers fail, since when'],
  ['pipelint transcript --session s17 mail.pcap', 'print one dialogue'],
  ['pipelint rules input-lost', 'explain one rule'],
  ['pipelint page -o pipelint.html', 'the same in a browser'],
  ['pipelint help check', 'list the options of a command'],
]

/** Narrower columns of words stand below their terms. */
const WORDS_MIN = 24

function helpSection(title: string, rows: Rows, width: number): string {
  const widest = Math.max(...rows.map(([term]) => term.length))
  const isBeside = width - widest - 4 >= WORDS_MIN
  const lines = rows.flatMap(([term, words]) => {
    if (!isBeside) return [`  ${term}`, ...wrap(words, width, '      ')]
    const indent = ' '.repeat(widest + 4)
    const [first = '', ...more] = wrap(words, width, indent)
    return [`  ${term.padEnd(widest + 2)}${first.trimStart()}`, ...more]
  })
  return `\n${title}:\n${lines.join('\n')}`
}

/** Runs a command line and returns the exit code. Throws UsageError, DeliveryError, and internal errors. */
export async function run(words: readonly string[], around: CliContext, version: string): Promise<number> {
  let exitCode = OK
  // Not a copy: that would open standard input.
  const context: Mutable<CliContext> = Object.create(around)
  const ends = (code: number) => {
    exitCode = code
  }
  const program = define(context, version, ends, words)
  program.hook('preAction', () => applyGlobals(program.opts(), context))
  try {
    await program.parseAsync(words, { from: 'user' })
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    // Help and version also end here.
    if (error.exitCode !== 0) throw new UsageError(sentenceOf(error, words, program))
  }
  return exitCode
}

/** The message of an error in one line, in the words of this program. */
function sentenceOf({ code, message }: CommanderError, words: readonly string[], program: Command): string {
  if (code === 'commander.help') {
    const word = words.find((each) => each !== 'help' && !each.startsWith('-')) ?? ''
    const near = nearestCommand(word, program)
    return `no such command: ${word}${near === null ? '; pipelint --help lists all commands' : `; did you mean ${near}?`}`
  }
  return message
    .replace(/^error: /, '')
    .replace(/^command-argument value ('.*') is invalid for argument '(.*)'\./, '$2 $1 is invalid.')
    .replace(/\s*\(Did you mean (.*)\?\)/, '; did you mean $1?')
    .replaceAll('\n', ' ')
}

interface GlobalWords {
  readonly color: (typeof COLOURS)[number]
  readonly quiet?: true
}

function applyGlobals({ color, quiet }: GlobalWords, context: Mutable<CliContext>): void {
  if (color !== 'auto') context.style = color === 'always' ? COLOURED : PLAIN
  if (quiet !== true) return
  context.hint = () => {}
  context.progress = null
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] }

/** Words with which all commands are asked for. */
const ASK_ALL = ['help', 'completion']

/**
 * The command line, whose actions run in `around`. `words`: only what may be one of these is defined in full, for there are
 * hundreds of options; null: everything.
 */
export function define(
  around: CliContext,
  version: string,
  done: (exitCode: number) => void,
  words: readonly string[] | null = null,
): Command {
  const isAskedFor = (name: string) => words === null || [name, ...ASK_ALL].some((word) => words.includes(word))
  const exitCodes = () => helpSection('Exit codes of check', EXIT_CODES, around.width)
  const program = new Command('pipelint')
    .description(
      'Reads packet captures and says who broke the rules of SMTP command pipelining, with the packets that prove it.',
    )
    .version(version, '-V, --version', 'print the version')
    .addOption(new Option('--color <when>', 'colour the output').choices([...COLOURS]).default('auto'))
    .option('-q, --quiet', 'print no hints and no progress, only errors and the result')
    .configureHelp({ showGlobalOptions: true, minWidthToWrap: WORDS_MIN, subcommandTerm: (command) => command.name() })
    .addHelpText('after', () => `${helpSection('Examples', EXAMPLES, around.width)}\n${exitCodes()}`)
    .configureOutput({
      writeOut: (text) => void around.print(text),
      writeErr: () => {},
      getOutHelpWidth: () => around.width,
    })
    .exitOverride()

  const check = program
    .command('check', { isDefault: true })
    .description('judge every SMTP session (the default command)')
  withPrinting(withLogs(withLocalTime(withSelection(check.argument('[capture...]', CAPTURES)))))
    .addOption(profile())
    .option('--threads <n>', 'number of threads (default: one per core, at most 8; 1 for captures below 1 GiB)')
    .option('--hash', 'add the SHA-256 of each capture to the output')
    .option('--baseline <file>', 'only faults that this file does not list count; it is written if it does not exist')
    .option('--update-baseline', 'write the baseline anew: all faults that are found now are known')
    .addHelpText('after', exitCodes)
    .action(async (captures: string[], options: CheckOptions) => {
      // Each command loads only the modules that it needs.
      const { check } = await import('./check-command.ts')
      refuseMisspelled(captures[0], program)
      done(await check(around, captures, options, version))
    })

  const add = (name: string, description: string, complete: (command: Command) => void) => {
    const command = program.command(name).description(description)
    if (isAskedFor(name)) complete(command)
  }

  add('transcript', 'print each dialogue with S> and C> lines and mark the findings where they occur', (command) =>
    withLogs(withLocalTime(withSelection(command.argument('[capture...]', CAPTURES))))
      .option('--frames', 'add frame numbers')
      .action(async (captures: string[], options: TranscriptWords) => {
        const { transcript } = await import('./transcript-command.ts')
        done(await transcript(around, captures, options))
      }),
  )

  add(
    'triage',
    'summarize per server: which sessions fail, since when, with which command sequences, and what to look at first',
    (command) =>
      withLocalTime(withSelection(command.argument('[capture...]', CAPTURES)))
        .addOption(by())
        .addOption(new Option('--format <format>', 'output format').choices(['table', 'json', 'csv']).default('table'))
        .option('--all', 'list every row, rule and command sequence, also findings of severity info')
        .action(async (captures: string[], options: TriageWords) => {
          const { triage } = await import('./triage-command.ts')
          done(await triage(around, captures, options, version))
        }),
  )

  add('evidence', 'write a small capture that contains only the packets that prove the findings', (command) =>
    withSelection(command.argument('[capture...]', CAPTURES))
      .option('--finding <id[,id]>', 'prove only these findings, as in s17.1 (repeatable)', collect)
      .option('--pcap', 'write classic pcap instead of pcapng (without comments)')
      .option(
        '--include-secrets',
        'store the TLS secrets of the connections in the file, so that its readers can decrypt them',
      )
      .action(async (captures: string[], options: EvidenceWords) => {
        const { evidence } = await import('./evidence-command.ts')
        done(await evidence(around, captures, options, version))
      }),
  )

  add(
    'report',
    'write a report of violations for a vendor; --server names the accused server, other sessions serve as controls',
    (command) =>
      withLogs(withSelection(command.argument('[capture...]', CAPTURES)))
        .addOption(
          new Option(
            '--format <format>',
            'output format (default: by the extension of the output file, else html)',
          ).choices([...REPORT_FORMATS]),
        )
        .option('--finding <id[,id]>', 'report only these findings, as in s17.1 (repeatable)', collect)
        .option(
          '--evidence <file>',
          'write the evidence to this file, too, show its frame numbers in the report, and print a mail to send both with; needs -o',
        )
        .action(async (captures: string[], options: ReportWords) => {
          const { report } = await import('./report-command.ts')
          done(await report(around, captures, options, version))
        }),
  )

  add(
    'compare',
    'compare captures from both sides of a box (proxy, firewall, relay): what it lost, changed or delayed',
    (command) => {
      withSelection(
        command
          .argument('<client-side>', 'a capture from between the clients and the box')
          .argument('<server-side>', 'a capture from between the box and the servers'),
      )
      // These are refused with an explanation.
      for (const option of command.options)
        if (option.long === '--rule' || option.long === '--ignore') option.hideHelp()
      command
        .addOption(new Option('--format <format>', 'output format').choices([...COMPARISON_FORMATS]).default('text'))
        .option(
          '--all',
          'list every session, also those that are the same on both sides; with --explain, print dialogues in full',
        )
        .option('--explain', 'print the two dialogues side by side where they differ')
        .action(async (clientSide: string, serverSide: string, options: CompareWords) => {
          const { compare } = await import('./compare-command.ts')
          done(await compare(around, [clientSide, serverSide], options, version))
        })
    },
  )

  add(
    'watch',
    'follow captures while they are written, rotated ones too, and show incidents as they happen',
    (command) =>
      withLocalTime(
        withWatching(
          command.argument('<capture>', 'a file that grows, a directory of rotated captures, or - for standard input'),
        ),
      )
        .addOption(new Option('--format <format>', 'output format').choices(['text', 'ndjson']).default('text'))
        .action(async (capture: string, options: WatchWords) => {
          const { watch } = await import('./watch-command.ts')
          done(await watch(around, capture, options, version))
        }),
  )

  add(
    'wireshark',
    'write a Lua file with which Wireshark shows replies, verdicts and findings in the capture, and print the command that opens it',
    (command) =>
      withSelection(command.argument('[capture...]', CAPTURES)).action(
        async (captures: string[], options: WiresharkWords) => {
          const { wireshark } = await import('./wireshark-command.ts')
          done(await wireshark(around, captures, options, version))
        },
      ),
  )

  add(
    'cluster',
    'run check on many machines; workers read the captures from shared storage (docs/cluster.md)',
    (command) => defineCluster(command, around, version, done),
  )

  add('rules', 'list all rules, or explain one rule', (command) =>
    command.argument('[rule]', 'the identifier of a rule, as in input-lost').action(async (id: string | undefined) => {
      const { rules } = await import('./rules-command.ts')
      done(await rules(around, id))
    }),
  )

  add('page', 'write a page that judges captures in a browser: one file, which sends nothing anywhere', (command) =>
    command
      .option('-o, --output <file>', 'write to a file instead of standard output')
      .action(async (options: { output?: string }) => {
        const { page } = await import('./page-command.ts')
        done(await page(around, options.output))
      }),
  )

  add('completion', 'print a completion script for a shell', (command) =>
    command.addArgument(new Argument('<shell>', 'the shell').choices([...SHELLS])).action(async (shell: Shell) => {
      const [{ completionScript }, { RULES }] = await Promise.all([
        import('./completion.ts'),
        import('../rules/index.ts'),
      ])
      await around.print(completionScript(shell, program, { rules: RULES.map(({ id }) => id) }))
    }),
  )

  return program
}

/** As many edits make a command out of a typo, and not out of the name of a file. */
const TYPOS_MAX = 2

/** `pipelint chekc`: not a file that is missing, but a command with a typo. */
function refuseMisspelled(word: string | undefined, program: Command): void {
  if (word === undefined || existsSync(word)) return
  const near = nearestCommand(word, program)
  if (near !== null) throw new UsageError(`no such command or file: ${word}; did you mean pipelint ${near}?`)
}

function nearestCommand(word: string, { commands }: Command): string | null {
  return suggest(
    word,
    commands.map((command) => command.name()),
    TYPOS_MAX,
  )
}
