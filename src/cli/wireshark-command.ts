// `pipelint wireshark`: writes a Lua file with which Wireshark shows what was found, and prints the command that opens it.
import { open } from 'node:fs/promises'
import { basename } from 'node:path'
import { analyze } from '../analyze.ts'
import { FrameMap } from '../capture/frame-map.ts'
import { UsageError } from '../errors.ts'
import { redactorFor } from '../redact/redactor-for.ts'
import { terminal } from '../report/escape.ts'
import { FileFrames } from '../report/file-frames.ts'
import { counted } from '../report/format-text.ts'
import type { CaptureRecord } from '../rules/analysis.ts'
import { commandLine } from '../wireshark/command-line.ts'
import { FrameData } from '../wireshark/frame-data.ts'
import { luaScript, SIGNATURE } from '../wireshark/script.ts'
import type { CliContext } from './cli-context.ts'
import { readingCode, readKeyLogs, toInputs, warnOfDefect, warnOfProblems } from './inputs.ts'
import { openOutput, WriteQueue } from './output.ts'
import { withProgress } from './progress.ts'
import { type SelectionWords, toSelection } from './selection.ts'

export interface WiresharkWords extends SelectionWords {
  readonly redact?: true
  readonly output?: string
}

const STANDARD_INPUT = '<standard input>'

export async function wireshark(
  around: CliContext,
  words: readonly string[],
  options: WiresharkWords,
  version: string,
): Promise<number> {
  const select = toSelection(options)
  const captures = await toInputs(words, options.output, around)
  const keyLogs = await readKeyLogs(options.keylog, around)
  const script =
    options.output ?? (await nameFor(captures.map((capture) => (typeof capture === 'string' ? capture : '-'))))
  const sink = await openOutput(around.print, script)
  const redactor = await redactorFor(options.redact === true)
  const frames = new FrameMap()
  const files = new FileFrames(frames, (path) => redactor.captureName(path))
  const data = new FrameData(captures.length, frames)
  try {
    const analysis = await withProgress(around, captures, false, (watch) =>
      analyze(captures, {
        ...watch,
        ...{ frames, select, keyLogs, dialogues: true, keepSessions: 'none' },
        verifyChecksums: options.verifyChecksums === true,
        onInternalError: warnOfDefect(around),
        onSession: (session) => data.add(files.session(redactor.session(session))),
      }),
    )
    const shown = analysis.captures.map((capture) => ({
      ...capture,
      path: basename(redactor.captureName(capture.path)),
    }))
    const queue = new WriteQueue(sink)
    for (const piece of luaScript(data, shown, version)) await queue.add(piece)
    await queue.flush()
    warnOfProblems(analysis.captures, around)
    await sink.commit()
    await tell(data, analysis.captures, script, options.keylog ?? [], around)
    return readingCode(analysis.captures)
  } catch (error) {
    await sink.abandon()
    throw error
  }
}

/** `mail.pcap.lua` here, unless that is a file of somebody else. */
async function nameFor(paths: readonly string[]): Promise<string> {
  const [path = '-'] = paths
  const name = paths.length > 1 || path === '-' ? 'pipelint.lua' : `${basename(path)}.lua`
  const start = await startOf(name)
  if (start === null || start === '' || start === SIGNATURE) return name
  throw new UsageError(`${name}: this file is there, and pipelint did not write it: name another one with -o`)
}

/** The first bytes of a file; null if there is none. */
async function startOf(path: string): Promise<string | null> {
  const file = await open(path).catch(() => null)
  if (file === null) return null
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(SIGNATURE.length), 0, SIGNATURE.length, 0)
    return buffer.toString('latin1', 0, bytesRead)
  } catch {
    // A directory, or a device: it cannot be written, or need not be kept.
    return null
  } finally {
    await file.close()
  }
}

/** The commands on standard output, unless the Lua file went there. */
async function tell(
  data: FrameData,
  captures: readonly CaptureRecord[],
  script: string,
  keyLogs: readonly string[],
  around: CliContext,
): Promise<void> {
  if (data.sessions === 0) around.warn('no SMTP session matches the selection; pipelint check lists the sessions')
  if (data.leftOut > 0)
    around.warn(
      `too many commands and replies: of ${counted(data.leftOut, 'session')} only the verdict and the findings are shown; select fewer with --server or --session`,
    )
  if (keyLogs.length > 1)
    around.hint('Wireshark reads one key log: join them in one file to see all sessions decrypted')
  const isPrinted = script === '-'
  const [keyLog = null] = keyLogs
  const lines = captures.map(({ path }) => {
    const capture = path === STANDARD_INPUT ? 'CAPTURE' : path
    return commandLine({ script: isPrinted ? 'FILE' : script, capture, keyLog })
  })
  around.hint(
    `wrote ${isPrinted ? 'the Lua file' : terminal(script)}: ${counted(data.sessions, 'session')}, ${counted(data.findings.list.length, 'finding')}; open ${captures.length === 1 ? 'the capture' : 'each capture'} with`,
  )
  for (const line of lines)
    if (isPrinted) around.hint(line)
    else await around.print(`${line}\n`)
}
