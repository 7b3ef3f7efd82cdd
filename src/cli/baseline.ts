// The baseline of `check`: faults that are known, so that only new ones fail a build. The file is JSON, made to be
// committed: it has no times, session numbers or frames.
import { readFile } from 'node:fs/promises'
import { UsageError } from '../errors.ts'
import { BASELINE_BYTES_MAX, BASELINE_FAULTS_MAX } from '../limits.ts'
import { json, terminal } from '../report/escape.ts'
import { type Fault, faultKey, faultOf } from '../report/fault.ts'
import { counted } from '../report/format-text.ts'
import type { Certainty, FindingRecord, SessionRecord, Severities } from '../rules/analysis.ts'
import type { SessionReport } from '../rules/session-report.ts'
import type { CliContext } from './cli-context.ts'
import { openOutput } from './output.ts'

const SCHEMA = 'pipelint.baseline/1'
/** New faults that are named on standard error. */
const NAMED_MAX = 10

interface Known {
  readonly fault: Fault
  readonly certainty: Certainty
}

interface Found extends Known {
  certainty: Certainty
  sessions: number
  /** The session that was read first. */
  readonly session: string
  readonly isNew: boolean
}

export class Baseline {
  readonly path: string
  /** Null: the file did not exist. */
  private readonly known: ReadonlyMap<string, Known> | null
  private readonly updates: boolean
  private readonly found = new Map<string, Found>()
  private beyond = 0
  private readonly findings = { error: 0, warning: 0, info: 0 }
  private readonly proved = { error: 0, warning: 0, info: 0 }

  /** Reads the file, if it exists. `updates`: everything that is found becomes known. Throws UsageError. */
  static async open(path: string, updates: boolean): Promise<Baseline> {
    return new Baseline(path, await readBaseline(path), updates)
  }

  private constructor(path: string, known: Baseline['known'], updates: boolean) {
    this.path = path
    this.known = known
    this.updates = updates
  }

  isKnown(finding: FindingRecord, session: SessionRecord): boolean {
    return this.updates || this.isListed(faultKey(faultOf(finding, session)), finding.certainty)
  }

  /** A suspicion that is known does not excuse a proof. */
  private isListed(key: string, certainty: Certainty): boolean {
    const known = this.known?.get(key)
    return known !== undefined && (known.certainty === 'proved' || certainty === 'suspected')
  }

  add({ findings, record }: SessionReport): void {
    const counted = new Set<string>()
    for (const finding of findings) {
      if (!this.isKnown(finding, record)) {
        this.findings[finding.severity]++
        if (finding.certainty === 'proved') this.proved[finding.severity]++
      }
      if (finding.severity !== 'info') this.note(finding, record, counted)
    }
  }

  private note(finding: FindingRecord, record: SessionRecord, counted: Set<string>): void {
    const { certainty } = finding
    const fault = faultOf(finding, record)
    const key = faultKey(fault)
    const before = this.found.get(key)
    if (before !== undefined) {
      if (certainty === 'proved') before.certainty = certainty
      if (!counted.has(key)) before.sessions++
    } else if (this.found.size < BASELINE_FAULTS_MAX) {
      const isNew = !this.isListed(key, certainty)
      this.found.set(key, { fault, certainty, sessions: 1, session: record.id, isNew })
    } else this.beyond++
    counted.add(key)
  }

  /** The findings that are not known. */
  get fresh(): { readonly findings: Severities; readonly proved: Severities } {
    return { findings: this.findings, proved: this.proved }
  }

  /** Writes the file if it did not exist or is to be updated, else says what is new. */
  async finish(around: CliContext, version: string): Promise<void> {
    if (this.known === null || this.updates) await this.write(around, version)
    else this.compare(this.known, around)
  }

  private async write(around: CliContext, version: string): Promise<void> {
    const faults = [...this.found.entries()]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([, { fault, certainty }]) => ({ ...fault, certainty }))
    const sink = await openOutput(around.print, this.path)
    const document = { schema: SCHEMA, tool: { name: 'pipelint', version }, faults }
    await sink.write(json(`${JSON.stringify(document, null, 2)}\n`))
    await sink.commit()
    const more = this.beyond > 0 ? `; ${counted(this.beyond, 'finding')} of further faults left out` : ''
    around.hint(`wrote the baseline ${terminal(this.path)}: ${counted(faults.length, 'fault')}${more}`)
  }

  private compare(known: ReadonlyMap<string, Known>, around: CliContext): void {
    const found = [...this.found.entries()]
    const fresh = found.filter(([, { isNew }]) => isNew)
    const again = found.length - fresh.length
    const sum = [
      counted(fresh.length, 'new fault'),
      `${again} of ${counted(known.size, 'known fault')} found again`,
      ...(this.beyond > 0 ? [`${counted(this.beyond, 'finding')} of further faults not compared`] : []),
    ]
    around.hint(`baseline ${terminal(this.path)}: ${sum.join(', ')}`)
    for (const [key, { sessions, session }] of fresh.slice(0, NAMED_MAX))
      around.hint(`new: ${key} (${counted(sessions, 'session')}, first ${session})`)
    if (fresh.length > NAMED_MAX) around.hint(`new: ${counted(fresh.length - NAMED_MAX, 'more fault')}`)
  }
}

async function readBaseline(path: string): Promise<Map<string, Known> | null> {
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    if (code === 'ENOENT') return null
    throw new UsageError(`--baseline ${path}: ${message}`)
  }
  if (text.length > BASELINE_BYTES_MAX) throw new UsageError(`--baseline ${path}: larger than any baseline`)
  const faults = parsed(text)
  if (faults === null) throw new UsageError(`--baseline ${path}: not a baseline of pipelint`)
  return new Map(faults.map((known) => [faultKey(known.fault), known]))
}

function parsed(text: string): Known[] | null {
  let document: unknown
  try {
    document = JSON.parse(text)
  } catch {
    return null
  }
  const { schema, faults } = (document ?? {}) as { readonly schema?: unknown; readonly faults?: unknown }
  if (schema !== SCHEMA || !Array.isArray(faults)) return null
  const known = faults.map(knownOf)
  return known.includes(null) ? null : (known as Known[])
}

function knownOf(value: unknown): Known | null {
  if (typeof value !== 'object' || value === null) return null
  const { rule, party, by, commands, certainty } = value as Readonly<Record<string, unknown>>
  if (typeof rule !== 'string' || typeof by !== 'string' || typeof commands !== 'string') return null
  if (party !== 'server' && party !== 'client' && party !== 'path') return null
  if (certainty !== 'proved' && certainty !== 'suspected') return null
  return { fault: { rule, party, by, commands }, certainty }
}
