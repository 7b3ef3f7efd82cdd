// `pipelint evidence`: makes a small capture that proves the findings in captures.
import { createReadStream } from 'node:fs'
import { join } from 'node:path'
import { sha256Of } from '../capture/verify.ts'
import { DeliveryError, UsageError } from '../errors.ts'
import { type Evidence, makeEvidence } from '../evidence/make-evidence.ts'
import { Redaction } from '../redact/redaction.ts'
import { counted } from '../report/format-text.ts'
import { CAPTURE, type CliContext, OK } from './cli-context.ts'
import { readKeyLogs, toInputs, toSources, warnOfDefect, warnOfProblems } from './inputs.ts'
import { openOutput } from './output.ts'
import { type SelectionWords, toFindings, toSelection } from './selection.ts'
import { removeFolder, temporaryFolder } from './temporary.ts'

export interface EvidenceWords extends SelectionWords {
  readonly finding?: readonly string[]
  readonly pcap?: true
  readonly redact?: true
  readonly includeSecrets?: true
  readonly output?: string
}

export async function evidence(
  around: CliContext,
  words: readonly string[],
  options: EvidenceWords,
  version: string,
): Promise<number> {
  const { output } = options
  const toStandardOutput = output === undefined || output === '-'
  if (toStandardOutput && around.isTerminal)
    throw new UsageError('refusing to write a binary capture to a terminal: name a file with -o, or use a pipe')
  if (options.verifyChecksums === true)
    throw new UsageError(
      '--verify-checksums: cannot be used here, because the evidence must show the findings without that option, too',
    )
  if (options.includeSecrets === true && options.pcap === true)
    throw new UsageError('--include-secrets: cannot be combined with --pcap, because classic pcap cannot store secrets')
  if (options.includeSecrets === true && options.redact === true)
    throw new UsageError(
      '--include-secrets: cannot be combined with --redact, because the session keys would undo the redaction',
    )
  const select = toSelection(options)
  const findings = toFindings(options.finding)
  const captures = await toInputs(words, output, around)
  const keyLogs = await readKeyLogs(options.keylog, around)
  const folder = temporaryFolder()
  try {
    const sources = await toSources(captures, folder)
    const path = join(folder, 'evidence')
    const made = await makeEvidence(sources, {
      ...{ select, findings, version, path, twin: join(folder, 'twin') },
      ...{ keyLogs, includeSecrets: options.includeSecrets === true },
      redaction: options.redact === true ? new Redaction() : null,
      format: options.pcap === true ? 'pcap' : 'pcapng',
      onInternalError: warnOfDefect(around),
    })
    warnOfProblems(made.captures, around)
    if (made.findings > 0) await deliver(path, output, around)
    tellOfEvidence(made, toStandardOutput ? 'standard output' : output, around, options.includeSecrets)
    return made.captures.some(({ complete }) => !complete) ? CAPTURE : OK
  } finally {
    await removeFolder(folder)
  }
}

/** Copies the draft to its destination. A file is read back before it replaces another. */
export async function deliver(draft: string, output: string | undefined, around: CliContext): Promise<void> {
  const sink = await openOutput(around.print, output)
  try {
    for await (const chunk of createReadStream(draft)) await sink.write(chunk as Uint8Array)
    if (sink.partial !== null && (await sha256Of(sink.partial)) !== (await sha256Of(draft)))
      throw new DeliveryError(`${output}: the written file differs from what was to be written`)
    await sink.commit()
  } catch (error) {
    await sink.abandon()
    throw error
  }
}

export const NO_EVIDENCE = 'no evidence was written: there is no finding that matches the selection'

/** What was written, and what its readers will see. */
export function tellOfEvidence(
  { findings, sessions, controls, packets, excerpts, leftOut, unproved, decrypted, credentials, messages }: Evidence,
  where: string,
  around: CliContext,
  includeSecrets = false,
): void {
  if (findings === 0) {
    around.warn(NO_EVIDENCE)
    return
  }
  const whole = excerpts === 0 ? '' : `, ${counted(excerpts, 'long connection')} shortened`
  around.warn(
    `wrote ${where}: ${counted(findings, 'finding')} of ${counted(sessions, 'session')}${controls === 0 ? '' : `, and ${counted(controls, 'session')} for comparison,`} in ${counted(packets, 'packet')}${whole}`,
  )
  if (decrypted > 0) {
    const read = `${counted(decrypted, 'session')} ${decrypted === 1 ? 'was' : 'were'} decrypted`
    const keys = includeSecrets
      ? 'the file contains the session keys, so that its readers can decrypt, too'
      : 'the file does not contain the session keys'
    around.warn(`${read}: ${keys}`)
  }
  const held = [
    ...(credentials > 0 ? [`credentials of ${counted(credentials, 'session')}`] : []),
    ...(messages > 0 ? [counted(messages, 'message')] : []),
  ]
  if (held.length > 0) around.warn(`the file contains ${held.join(' and ')}; --redact replaces them`)
  if (unproved !== null) around.warn(`left out: ${unproved}`)
  if (leftOut > 0) around.warn(`${counted(leftOut, 'more session')} with findings left out; select them with --session`)
}
