// `pipelint page`: writes the page that judges captures in a browser. The build made it.
import { readFile } from 'node:fs/promises'
import { UsageError } from '../errors.ts'
import { type CliContext, OK } from './cli-context.ts'
import { openOutput } from './output.ts'

export async function page(around: CliContext, output: string | undefined): Promise<number> {
  if ((output === undefined || output === '-') && around.isTerminal)
    throw new UsageError('refusing to write the page to a terminal: name a file with -o, as in -o pipelint.html')
  const html = await readFile(new URL('../../dist/pipelint.html', import.meta.url))
  const sink = await openOutput(around.print, output)
  try {
    await sink.write(html)
    await sink.commit()
  } catch (error) {
    await sink.abandon()
    throw error
  }
  if (output !== undefined && output !== '-') around.hint(`open ${output} in a browser, and drop captures on it`)
  return OK
}
