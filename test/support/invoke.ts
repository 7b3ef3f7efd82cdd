// Words of a command line -> what the program printed and its exit code, without a process.
import { readFileSync } from 'node:fs'
import { run } from '../../src/cli/program.ts'
import { PLAIN } from '../../src/report/format-text.ts'

const manifest = readFileSync(new URL('../../package.json', import.meta.url), 'utf8')
const { version } = JSON.parse(manifest) as { version: string }

export interface Invocation {
  readonly printed: string
  readonly warnings: readonly string[]
  readonly exitCode: number
}

export function invoke(...words: string[]): Promise<Invocation> {
  return invokeAt(80, ...words)
}

/** The same on a terminal of so many columns. */
export async function invokeAt(width: number, ...words: string[]): Promise<Invocation> {
  let printed = ''
  const warnings: string[] = []
  async function* nothing(): AsyncIterable<Uint8Array> {}
  const around = {
    print: async (text: string) => {
      printed += text
    },
    warn: (line: string) => void warnings.push(line),
    hint: (line: string) => void warnings.push(line),
    width,
    style: PLAIN,
    input: nothing(),
    isTerminal: false,
    progress: null,
    interruption: () => new AbortController().signal,
  }
  const exitCode = await run(words, around, version)
  return { printed, warnings, exitCode }
}
