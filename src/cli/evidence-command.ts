// `pipelint evidence`: captures -> a small capture that proves their findings.
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
    throw new UsageError('a capture is nothing for a terminal: name a file with -o, or send it to a pipe')
  if (options.verifyChecksums === true)
    throw new UsageError('--verify-checksums: evidence must prove itself to whoever reads it without that option')
  if (options.includeSecrets === true && options.pcap === true)
    throw new UsageError('--include-secrets: classic pcap has no place for secrets; leave out --pcap')
  if (options.includeSecrets === true && options.redact === true)
    throw new UsageError('--include-secrets: with the session keys in it evidence would not be redacted')
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
    tell(made, options, toStandardOutput ? 'standard output' : output, around)
    return made.captures.some(({ complete }) => !complete) ? CAPTURE : OK
  } finally {
    await removeFolder(folder)
  }
}

/** Copies the draft to where it was asked for. A file is read back before it takes its place. */
async function deliver(draft: string, output: string | undefined, around: CliContext): Promise<void> {
  const sink = await openOutput(around.print, output)
  try {
    for await (const chunk of createReadStream(draft)) await sink.write(chunk as Uint8Array)
    if (sink.partial !== null && (await sha256Of(sink.partial)) !== (await sha256Of(draft)))
      throw new DeliveryError(`${output}: does not read back as it was written`)
    await sink.commit()
  } catch (error) {
    await sink.abandon()
    throw error
  }
}

function tell(
  { findings, sessions, packets, excerpts, leftOut, unproved, decrypted, credentials, messages }: Evidence,
  { includeSecrets }: EvidenceWords,
  where: string,
  around: CliContext,
): void {
  if (findings === 0) {
    around.warn('nothing to prove: no finding was found that was asked for; no evidence is written')
    return
  }
  const whole = excerpts === 0 ? '' : `, ${counted(excerpts, 'long connection')} in excerpt`
  around.warn(
    `${counted(findings, 'finding')} of ${counted(sessions, 'session')} in ${counted(packets, 'packet')}${whole}: ${where}`,
  )
  if (decrypted > 0) {
    const read = `${counted(decrypted, 'session')} of it ${decrypted === 1 ? 'was' : 'were'} read inside TLS`
    const keys = includeSecrets
      ? `whoever has the file can read ${decrypted === 1 ? 'it' : 'them'}, too`
      : 'the keys are not in the file'
    around.warn(`${read}: ${keys}`)
  }
  const held = [
    ...(credentials > 0 ? [`credentials of ${counted(credentials, 'session')}`] : []),
    ...(messages > 0 ? [counted(messages, 'message')] : []),
  ]
  if (held.length > 0) around.warn(`the file holds ${held.join(' and ')}; --redact replaces them`)
  if (unproved !== null) around.warn(`left out: ${unproved}`)
  if (leftOut > 0) around.warn(`${counted(leftOut, 'more session')} with findings left out; name them with --session`)
}
