// --log: reads mail logs, plain or compressed, before the captures.
import { compressionOf, decompressed } from '../capture/compressed.ts'
import { MAGIC_BYTES } from '../capture/detect-format.ts'
import { ReadBuffer } from '../capture/read-buffer.ts'
import { firstTime } from '../capture/sort-captures.ts'
import { type ByteSource, openFile } from '../capture/source.ts'
import { CaptureError, UsageError } from '../errors.ts'
import { LOG_LINE_CHARACTERS_MAX, WINDOW_BYTES } from '../limits.ts'
import { MailLog } from '../log/mail-log.ts'
import { terminal } from '../report/escape.ts'
import { counted, decimal } from '../report/format-text.ts'
import type { CliContext } from './cli-context.ts'

/** Null when no log is named. `captures`: paths, whose time gives logs their year. Throws UsageError. */
export async function readLogs(
  paths: readonly string[] = [],
  captures: readonly unknown[],
  around: CliContext,
): Promise<MailLog | null> {
  if (paths.length === 0) return null
  const log = new MailLog(await timeOf(captures))
  for (const [i, path] of paths.entries()) {
    const before = log.sums
    await readLog(path, i + 1, log)
    const { lines, kept } = log.sums
    if (lines > before.lines && kept === before.kept)
      around.warn(`${terminal(path)}: no line of Postfix, Exim or Sendmail about an SMTP session`)
  }
  return log
}

/** Says what the log and the captures have in common. `where`: the sessions with which lines are quoted. */
export function tellOfLog(log: MailLog | null, around: CliContext, where = 'sessions shown'): void {
  if (log === null) return
  const { trouble, used, leftOut } = log.sums
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone
  if (trouble > 0) {
    const none = used === 0 ? `; times without a zone were read as ${zone} (TZ=UTC sets another zone)` : ''
    around.hint(
      `mail log: ${decimal(used)} of ${counted(trouble, 'line')} about trouble ${used === 1 && trouble === 1 ? 'belongs' : 'belong'} to ${where}${none}`,
    )
  }
  if (leftOut > 0) around.warn(`mail log: ${counted(leftOut, 'line')} left out, because there were too many`)
}

/** The time of the first packet; now where it cannot be read in advance. */
async function timeOf(captures: readonly unknown[]): Promise<Date> {
  for (const capture of captures) {
    const first = typeof capture === 'string' ? await firstTime(capture) : null
    if (first !== null) return new Date(first.seconds * 1000)
  }
  return new Date()
}

async function readLog(path: string, number: number, log: MailLog): Promise<void> {
  let source: ByteSource | null = null
  try {
    source = await openFile(path)
    const window = new ReadBuffer(source, WINDOW_BYTES)
    await window.fill(MAGIC_BYTES)
    const compression = compressionOf(window.bytes.subarray(0, window.end))
    const plain = compression === 'none' ? null : new ReadBuffer(decompressed(window, compression), WINDOW_BYTES)
    let lines = 0
    for await (const line of linesOf(plain ?? window)) log.add(number, path, ++lines, line)
  } catch (error) {
    if (!(error instanceof CaptureError)) throw error
    throw new UsageError(`--log ${path}: ${error.problem.accordingTo}`)
  } finally {
    await source?.close()
  }
}

/** Very long lines are cut. */
async function* linesOf(window: ReadBuffer): AsyncGenerator<string> {
  const decoder = new TextDecoder()
  let rest = ''
  while (await window.fill(1)) {
    const text = rest + decoder.decode(window.bytes.subarray(window.start, window.end), { stream: true })
    window.start = window.end
    const lines = text.split('\n')
    rest = (lines.pop() ?? '').slice(0, LOG_LINE_CHARACTERS_MAX)
    for (const line of lines) yield line.replace(/\r$/, '')
  }
  if (rest !== '') yield rest
}
