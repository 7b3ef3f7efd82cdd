// What the page and its worker say to each other. One task at a time; a new one waits for the one before it.
import type { Analysis, FindingRecord, SessionRecord } from '../rules/analysis.ts'
import type { TriageResult } from '../triage/triage-result.ts'

export interface JudgeTask {
  readonly kind: 'judge'
  /** Captures and key logs, in the order in which they were chosen. */
  readonly files: readonly File[]
}

export interface SessionTask {
  readonly kind: 'session'
  readonly session: string
}

export type SavedKind = 'report' | 'evidence' | 'json'

export interface SaveTask {
  readonly kind: 'save'
  readonly what: SavedKind
  readonly redact: boolean
  /** Address and port; null for all servers and clients. */
  readonly server: string | null
}

export type Task = JudgeTask | SessionTask | SaveTask

export interface Progress {
  readonly bytes: number
  /** Of all captures, as they are stored. */
  readonly of: number
  readonly packets: number
  readonly sessions: number
  readonly errors: number
}

/** What the captures show. */
export interface Judged {
  readonly analysis: Analysis
  readonly triage: TriageResult
  /** Sessions and findings that are counted and not listed: there are too many. */
  readonly unlisted: { readonly sessions: number; readonly findings: number }
  readonly keyLogs: readonly { readonly name: string; readonly secrets: number }[]
  /** Internal errors, and what else the reader of the result must know. */
  readonly notes: readonly string[]
  readonly milliseconds: number
  readonly wasStopped: boolean
}

/** One session. What is HTML comes from the renderers of the report, which escape every text. */
export interface SessionShown {
  readonly record: SessionRecord
  readonly findings: readonly FindingRecord[]
  readonly dialogue: string
  readonly diagram: string
}

export interface Saved {
  readonly name: string
  readonly file: Blob
  /** What is in it, or why there is none. */
  readonly note: string
}

/** The answers to the tasks. */
export interface Results {
  readonly judge: Judged
  /** Null when there is no such session. */
  readonly session: SessionShown | null
  readonly save: Saved
}

export type ToWorker =
  | { readonly kind: 'task'; readonly id: number; readonly task: Task }
  | { readonly kind: 'stop'; readonly id: number }

export type FromWorker =
  | { readonly kind: 'progress'; readonly id: number; readonly progress: Progress }
  | { readonly kind: 'done'; readonly id: number; readonly result: Results[Task['kind']] }
  | { readonly kind: 'failed'; readonly id: number; readonly why: string }
