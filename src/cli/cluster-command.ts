// `pipelint cluster submit|work|status|result|cancel`: check on many machines.
import { access, constants, realpath, stat } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { Analysis, Profile } from '../analyze.ts'
import { expandCaptures } from '../capture/expand-paths.ts'
import { work } from '../cluster/cluster-worker.ts'
import { toRun } from '../cluster/job-messages.ts'
import { USUAL_SIZE } from '../cluster/kept-packets.ts'
import { toRedisUrl } from '../cluster/redis.ts'
import { Client, type Status } from '../cluster/run-client.ts'
import { RunFiles } from '../cluster/run-files.ts'
import type { RunRequest } from '../cluster/run-request.ts'
import { analysisOf, framesOf, type Result, readResult } from '../cluster/run-result.ts'
import { unfinished } from '../cluster/run-storage.ts'
import { expandUrl, isUrl, placeOf, toCaptureUrl, toRootUrl } from '../cluster/urls.ts'
import { DeliveryError, UsageError } from '../errors.ts'
import { OVERLAP_PACKETS, SLICE_BYTES_MIN, THREADS_MAX } from '../limits.ts'
import { terminal } from '../report/escape.ts'
import { decimal } from '../report/format-text.ts'
import type { KeepSessions } from '../rules/retention.ts'
import type { By } from '../triage/triage.ts'
import { type Needs, type PrintWords, printResult } from './check-command.ts'
import { type CliContext, INTERRUPTED, OK } from './cli-context.ts'
import { isSelective, type SelectionWords, toSelection } from './selection.ts'
import { removeAllAtExit } from './temporary.ts'
import { deliverTriage, TRIAGE_FORMATS } from './triage-command.ts'

export interface ClusterWords {
  readonly redis: string
  readonly workDir: string
}

export interface SubmitWords extends ResultWords, SelectionWords {
  readonly sliceBytes?: string
  readonly hash?: true
  readonly profile: Profile
  readonly wait?: true
}

export interface WorkWords extends ClusterWords {
  readonly root: readonly string[]
  readonly concurrency: string
}

export interface ResultWords extends ClusterWords, PrintWords {
  /** Print what `triage` prints. */
  readonly triage?: true
  readonly by: By
}

// Warnings of the S3 client about Node versions are for developers of this program, not for its users.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= 'true'

removeAllAtExit(unfinished)

/** Pause between two requests for the progress of a run: at first, then 2 % of the elapsed time, up to the maximum. */
const ASK_MS = 50
const ASK_MS_MAX = 1000
/** How long Redis may be unreachable, for example during a restart or failover. */
const PATIENCE_MS = 20_000

export async function submit(
  around: CliContext,
  words: readonly string[],
  options: SubmitWords,
  version: string,
): Promise<number> {
  const url = toRedisUrl(options.redis)
  const select = toSelection(options)
  const sliceBytes = options.sliceBytes === undefined ? null : toSliceBytes(options.sliceBytes)
  if (options.triage === true) toTriageFormat(options.format)
  const captures = await toCaptures(words)
  const order: RunRequest = {
    ...{ version, captures, sliceBytes },
    hash: options.hash === true,
    batch: USUAL_SIZE,
    overlapPackets: OVERLAP_PACKETS,
    keeps: keptFor(options),
    shapes: options.triage === true,
    task: { select, profile: options.profile, verifyChecksums: options.verifyChecksums === true },
  }
  const client = await Client.open(url, await toWorkDir(options.workDir))
  try {
    const run = await client.submit(order)
    if (options.wait !== true) {
      await around.print(`${run}\n`)
      return OK
    }
    around.warn(`submitted as ${run}`)
    if (!(await waitFor(around, client, run))) return INTERRUPTED
    return await print(around, run, options, isSelective(select), version)
  } finally {
    await client.close()
  }
}

export async function startWork(around: CliContext, words: WorkWords, version: string): Promise<number> {
  const url = toRedisUrl(words.redis)
  const concurrency = Number(words.concurrency)
  if (!/^\d+$/.test(words.concurrency) || concurrency < 1 || concurrency > THREADS_MAX) {
    throw new UsageError(`--concurrency ${words.concurrency}: must be a number from 1 to ${THREADS_MAX}`)
  }
  for (const root of words.root) {
    if (isUrl(root)) toRootUrl(root)
    else if ((await stat(root).catch(() => null))?.isDirectory() !== true) {
      throw new UsageError(`--root ${root}: no such directory`)
    }
  }
  const workDir = await toWorkDir(words.workDir)
  const log = (line: string) => around.warn(terminal(line))
  const signal = around.interruption(true)
  await work({ url, workDir, roots: words.root, concurrency, version, log }, signal)
  return signal.aborted ? INTERRUPTED : OK
}

export async function status(around: CliContext, word: string, words: ClusterWords): Promise<number> {
  const run = toRun(word)
  const client = await Client.open(toRedisUrl(words.redis), await toWorkDir(words.workDir, false))
  try {
    await around.print(`${run}  ${inWords(known(await client.status(run), run))}\n`)
    return OK
  } finally {
    await client.close()
  }
}

export async function result(around: CliContext, word: string, words: ResultWords, version: string): Promise<number> {
  const run = toRun(word)
  toRedisUrl(words.redis)
  return print(around, run, words, false, version)
}

export async function cancel(around: CliContext, word: string, words: ClusterWords): Promise<number> {
  const run = toRun(word)
  const client = await Client.open(toRedisUrl(words.redis), await toWorkDir(words.workDir))
  try {
    if (!(await client.cancel(run))) throw new UsageError(`${run}: no such run`)
    await around.print(`${run}  cancelled\n`)
    return OK
  } finally {
    await client.close()
  }
}

function goesOn(run: string): string {
  return `${run} continues; pipelint cluster result prints its result`
}

/** False when the user stopped waiting with Ctrl-C. The run continues. */
async function waitFor(around: CliContext, client: Client, run: string): Promise<boolean> {
  const signal = around.interruption()
  const line = (text: string) => void around.progress?.write(`\r\x1b[K${text}`)
  let answeredMs = performance.now()
  let pauseMs = ASK_MS
  for (;;) {
    let found: Status | null = null
    try {
      found = known(await client.status(run), run)
      answeredMs = performance.now()
    } catch (error) {
      if (!(error instanceof DeliveryError)) throw error
      if (performance.now() - answeredMs > PATIENCE_MS) throw new DeliveryError(`${error.message}; ${goesOn(run)}`)
    }
    line(found === null ? `${run}  waiting for Redis` : `${run}  ${inWords(found)}`)
    if (found?.state === 'done') break
    if (found?.state === 'failed' || found?.state === 'cancelled') throw new DeliveryError(`${run}: ${inWords(found)}`)
    await new Promise((resolve) => setTimeout(resolve, pauseMs))
    pauseMs = Math.min(pauseMs * 1.02, ASK_MS_MAX)
    if (signal.aborted) {
      around.warn(goesOn(run))
      return false
    }
  }
  line('')
  return true
}

async function print(
  around: CliContext,
  run: string,
  words: ResultWords,
  selective: boolean,
  version: string,
): Promise<number> {
  const workDir = await toWorkDir(words.workDir, false)
  const folder = await RunFiles.open(workDir, run)
  const found = folder && (await readResult(folder))
  if (folder === null || found === null) throw await whyNot(words, workDir, run)
  for (const [what, frame] of found.defects) {
    around.warn(`internal error at frame ${frame}: ${terminal(what)}; please report it`)
  }
  if (words.triage !== true) {
    return printResult(around, words, selective, version, framesOf(found), (needs) =>
      judged(folder, found, needs, words),
    )
  }
  if (!found.shapes)
    throw new UsageError('--triage: the run was submitted without --triage and does not contain the needed data')
  const printing = { ...words, format: toTriageFormat(words.format) }
  return deliverTriage(around, printing, selective, version, (tell) => analysisOf(folder, found, 'none', tell))
}

function judged(folder: RunFiles, found: Result, needs: Needs, { format, all }: ResultWords): Promise<Analysis> {
  const { keepSessions, onSession, prints } = needs
  if (found.keeps !== 'all' && found.keeps !== prints) {
    const asked = `--format ${format}${all === true ? ' --all' : ''}`
    throw new UsageError(
      `${asked}: the run does not contain the needed data; submit it with --format json, which keeps all of it`,
    )
  }
  return analysisOf(folder, found, keepSessions ?? 'all', onSession)
}

/** The error when a run has no result yet, or never will. */
async function whyNot(words: ResultWords, workDir: string, run: string): Promise<Error> {
  const client = await Client.open(toRedisUrl(words.redis), workDir)
  try {
    return new DeliveryError(`${run}: no result: ${inWords(known(await client.status(run), run))}`)
  } finally {
    await client.close()
  }
}

function toTriageFormat(word: string): (typeof TRIAGE_FORMATS)[number] {
  const format = TRIAGE_FORMATS.find((each) => each === word)
  if (format === undefined) throw new UsageError(`--format ${word}: triage supports table, json and csv`)
  return format
}

/** The sessions that the format needs; the run keeps no others. */
function keptFor({ format, all, triage }: ResultWords): KeepSessions {
  if (triage === true) return 'all'
  if (format === 'sarif' || format === 'github') return 'offending'
  if (format === 'table') return all === true ? 'offending' : 'notable'
  return 'all'
}

function known(found: Status | null, run: string): Status {
  if (found === null) throw new UsageError(`${run}: no such run`)
  return found
}

function inWords({ state, of, done, failed, reason }: Status): string {
  const parts: string[] = [state]
  if (of > 0) parts.push(`${decimal(done)} of ${decimal(of)}`)
  if (failed > 0) parts.push(`${decimal(failed)} failed`)
  if (reason !== null) parts.push(terminal(reason))
  return parts.join(', ')
}

function toSliceBytes(word: string): number {
  const number = Number(word)
  if (/^\d+$/.test(word) && number >= SLICE_BYTES_MIN && Number.isSafeInteger(number)) return number
  throw new UsageError(`--slice-bytes ${word}: must be a number, at least ${SLICE_BYTES_MIN}`)
}

/** The captures: files by absolute path, as the workers see them, and URLs. */
async function toCaptures(words: readonly string[]): Promise<RunRequest['captures']> {
  if (words.length === 0) throw new UsageError('no capture named; try pipelint cluster submit --help')
  const names = new Set<string>()
  for (const word of words) {
    for (const name of isUrl(word) ? await expandUrl(word) : await expandCaptures([word])) names.add(name)
  }
  return Promise.all(
    [...names].map(async (name) => {
      if (isUrl(name)) return { name, path: toCaptureUrl(name), edition: null }
      if ((await stat(name).catch(() => null))?.isFile() === true) return { name, path: resolve(name), edition: null }
      throw new UsageError(
        `${name}: not a file; workers open captures by path, so standard input and pipes do not work`,
      )
    }),
  )
}

/** The work directory, with links followed, or the S3 URL prefix of the runs. */
async function toWorkDir(path: string, isWritten = true): Promise<string> {
  if (isUrl(path)) {
    const root = toRootUrl(path)
    if (placeOf(root).bucket !== '') return root
    throw new UsageError(`--work-dir ${root}: not writable; use a directory or s3://bucket/prefix`)
  }
  const real = await realpath(path).catch(() => null)
  if (real === null || !(await stat(real)).isDirectory()) throw new UsageError(`--work-dir ${path}: no such directory`)
  await access(real, isWritten ? constants.W_OK : constants.R_OK).catch(() => {
    throw new DeliveryError(`--work-dir ${path}: cannot be ${isWritten ? 'written' : 'read'}`)
  })
  return real
}
