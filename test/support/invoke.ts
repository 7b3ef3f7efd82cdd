// Words of a command line -> what the program printed and its exit code, without a process.
import { readFileSync } from 'node:fs'
import type { CliContext } from '../../src/cli/cli-context.ts'
import { define, run } from '../../src/cli/program.ts'
import { PLAIN } from '../../src/report/format-text.ts'

const manifest = readFileSync(new URL('../../package.json', import.meta.url), 'utf8')
const { version } = JSON.parse(manifest) as { version: string }

export interface Invocation {
  readonly printed: string
  readonly warnings: readonly string[]
  readonly exitCode: number
}

/** The definition of the command line. */
export function commandLine() {
  const { around } = contextOf({})
  return { program: define(around, version, () => {}), version }
}

export function invoke(...words: string[]): Promise<Invocation> {
  return invokeAt(80, ...words)
}

/** The same on a terminal of so many columns. */
export function invokeAt(width: number, ...words: string[]): Promise<Invocation> {
  return invokeIn({ width }, ...words)
}

/** The same where parts of the context are others. */
export async function invokeIn(changes: Partial<CliContext>, ...words: string[]): Promise<Invocation> {
  const { around, said } = contextOf(changes)
  const exitCode = await run(words, around, version)
  return { ...said, exitCode }
}

export function contextOf(changes: Partial<CliContext>) {
  const said = { printed: '', warnings: [] as string[] }
  async function* nothing(): AsyncIterable<Uint8Array> {}
  const around: CliContext = {
    print: async (text) => {
      said.printed += text
    },
    warn: (line: string) => void said.warnings.push(line),
    hint: (line: string) => void said.warnings.push(line),
    width: 80,
    screen: null,
    style: PLAIN,
    input: nothing(),
    isTerminal: false,
    progress: null,
    interruption: () => new AbortController().signal,
    ...changes,
  }
  return { around, said }
}
