// Captures -> what the program says of them with the fast path off and on, in full, and how much the fast path took.
import { type AnalyzeOptions, analyze, type CaptureInput, type SessionReport } from '../../src/analyze.ts'
import { type Kernel, type KernelHost, Kernel as KernelOfFastPath } from '../../src/fast-path/kernel.ts'
import { fastPathSetting } from '../../src/fast-path/setting.ts'
import { OrdinaryRunner } from '../../src/rules/ordinary-runner.ts'

/** Makes the same captures each time that it is called: pipes can be read once. */
export type Inputs = () => readonly CaptureInput[]

export interface BothWays {
  readonly off: string
  readonly on: string
  /** Sessions of the analysis, and those of them that the fast path counted to their end. */
  readonly sessions: number
  readonly taken: number
  /** Packets of those, by the kernel itself. */
  readonly takenPackets: number
}

/** What an onSession function can read of a report; the type-checker asks for a line when a field is added. */
const FIELDS: Readonly<Record<keyof SessionReport, true>> = {
  id: true,
  client: true,
  clientName: true,
  server: true,
  serverName: true,
  software: true,
  pipelined: true,
  verdict: true,
  opaque: true,
  encryption: true,
  closedBy: true,
  unanswered: true,
  findings: true,
  limits: true,
  greeting: true,
  proxyHeader: true,
  malformed: true,
  groups: true,
  shapes: true,
  close: true,
  isReversed: true,
  fingerprint: true,
  tls: true,
  firstFrame: true,
  closedFrame: true,
  base: true,
  startNs: true,
  endNs: true,
  lastFrame: true,
  packets: true,
  record: true,
}

const fieldsOf = (report: SessionReport) =>
  Object.keys(FIELDS).map((name) => [name, report[name as keyof SessionReport]])

/** Everything that can be known of an analysis, one fact a line. */
async function toldOf(inputs: Inputs, options: AnalyzeOptions): Promise<{ text: string; sessions: number }> {
  const reports: unknown[] = []
  const errors: unknown[] = []
  const analysis = await analyze(inputs(), {
    shapes: true,
    onInternalError: (error, frame) => void errors.push([frame, String(error)]),
    ...options,
    onSession: (report) => void reports.push(fieldsOf(report)),
  })
  // Texts know what memory they count for, which is no fact about a session.
  const plain = (key: string, value: unknown) => (key === 'quota' ? undefined : value)
  return { text: JSON.stringify({ errors, analysis, reports }, plain, 1), sessions: analysis.summary.sessions }
}

async function withoutFastPath<T>(work: () => Promise<T>): Promise<T> {
  fastPathSetting.isOff = true
  try {
    return await work()
  } finally {
    fastPathSetting.isOff = false
  }
}

/** How many packets of a connection the kernel keeps before it makes a checkpoint: by itself, far more. */
const CHECKPOINT_EVERY = 1

/** Counts the sessions that the fast path ends while `work` is done, and the packets of them. */
export async function counting<T>(
  work: () => Promise<T>,
  checkpointEvery = CHECKPOINT_EVERY,
): Promise<{ result: T; taken: number; takenPackets: number }> {
  const { end } = OrdinaryRunner.prototype
  const { take } = KernelOfFastPath
  const kernels: Kernel[] = []
  let taken = 0
  OrdinaryRunner.prototype.end = function (...words) {
    taken++
    end.apply(this, words)
  }
  KernelOfFastPath.take = (host: KernelHost) => {
    const kernel = take.call(KernelOfFastPath, host)
    kernel.exports.setCheckpointEvery(checkpointEvery)
    kernels.push(kernel)
    return kernel
  }
  try {
    const result = await work()
    const takenPackets = kernels.reduce((sum, { exports }) => sum + exports.sessionPackets.value, 0)
    return { result, taken, takenPackets }
  } finally {
    OrdinaryRunner.prototype.end = end
    KernelOfFastPath.take = take
  }
}

export async function bothWays(
  inputs: Inputs,
  options: AnalyzeOptions = {},
  checkpointEvery = CHECKPOINT_EVERY,
): Promise<BothWays> {
  const off = await withoutFastPath(() => toldOf(inputs, options))
  const { result: on, taken, takenPackets } = await counting(() => toldOf(inputs, options), checkpointEvery)
  return { off: off.text, on: on.text, sessions: off.sessions, taken, takenPackets }
}

/** The first lines that differ, for a message that can be read; empty when there are none. */
export function difference({ off, on }: Pick<BothWays, 'off' | 'on'>): string {
  if (off === on) return ''
  const [a, b] = [off.split('\n'), on.split('\n')]
  const first = a.findIndex((line, i) => line !== b[i])
  const around = (lines: readonly string[]) => lines.slice(Math.max(0, first - 3), first + 5).join('\n')
  return `line ${first}, off:\n${around(a)}\non:\n${around(b)}`
}

/** Bytes as a pipe that gives so many at a time. */
export function piped(bytes: Uint8Array, name = 'test.pcap', chunk = Number.POSITIVE_INFINITY): CaptureInput {
  async function* chunks() {
    for (let at = 0; at < bytes.length; at += chunk) yield bytes.subarray(at, Math.min(at + chunk, bytes.length))
  }
  return { name, bytes: chunks() }
}
