// The content of a violation report as plain data, rendered as HTML, Markdown and text. Every string may contain
// untrusted text; the renderers escape it.
import type { Certainty, Severity } from '../../rules/analysis.ts'

/** Text, or code that is shown as it was sent. */
export type Inline = string | { readonly code: string }
export type Words = readonly Inline[]

export interface DialogueLine {
  /** `mark`: a remark about a fault. `note`: a remark about the network. */
  readonly who: 'client' | 'server' | 'mark' | 'note'
  readonly text: string
  /** Time since the first packet of the connection; null when unknown. */
  readonly timeNs: number | null
  readonly frame: number | null
  /** The frame in which the server's TCP acknowledged it; null for replies, and if it was not acknowledged. */
  readonly acked: number | null
  /** A reply is owed and never came. */
  readonly lost: boolean
  /** How certain a finding says that, or what a mark says; absent when no finding says it. */
  readonly certainty?: Certainty
  /** Of a mark that is no error. */
  readonly severity?: Exclude<Severity, 'error'>
  /** Of several captures: the file of `frame` and of `acked`, with the number there, as in `b.pcap #3`. */
  readonly place?: string
  readonly ackedPlace?: string
}

/** One step of a sequence diagram, in order of time. */
export interface Step {
  readonly from: 'client' | 'server'
  readonly kind: 'data' | 'ack' | 'close'
  /** The units that were sent. `acked` as in a dialogue: a drawing must not show more than was proved. */
  readonly parts: readonly {
    readonly text: string
    /** How certain it is that a reply is owed and never came; null when nothing says so. */
    readonly fate: Certainty | null
    readonly acked: number | null
    /** Of several captures: the frame that acknowledged it, with its file. */
    readonly ackedIn?: string
  }[]
  readonly frame: number
  /** Of several captures: its file, with the number there. */
  readonly place?: string
  readonly timeNs: number | null
}

/**
 * A command and its reply, each by the numbers of its step and of its part in it. `in-order`: the reply came in the
 * order of the commands. `proved` or `suspected`: it did not, with that certainty. `unsure`: the pairing has doubts.
 */
export interface ReplyLink {
  readonly from: readonly [number, number]
  readonly to: readonly [number, number]
  readonly kind: 'in-order' | 'unsure' | Certainty
}

export interface SequenceDiagram {
  readonly session: string
  readonly client: string
  readonly server: string
  /** Of several captures: the file of all frames; null when there is one capture only, or they lie in several. */
  readonly file?: string | null
  readonly steps: readonly Step[]
  readonly links: readonly ReplyLink[]
  /** Number of steps before the first and after the last that are not drawn. */
  readonly before: number
  readonly after: number
}

/** Sessions of one interval: those in which a finding is proved, and those in which one is only suspected. */
export interface Bin {
  readonly label: string
  readonly sessions: number
  readonly proved: number
  readonly suspected: number
}

export interface Timeline {
  readonly title: string
  readonly from: string
  readonly width: string
  readonly bins: readonly Bin[]
}

/** Groups of one sequence at one server: those with a proved fault, and those in which one is only suspected. */
export interface MatrixCell {
  readonly well: number
  readonly proved: number
  readonly suspected: number
  readonly unjudged: number
}

/** Command sequences (rows) by server (columns). */
export interface Matrix {
  readonly caption: string
  readonly columns: readonly { readonly name: string; readonly detail: string; readonly accused: boolean }[]
  readonly rows: readonly { readonly shape: string; readonly cells: readonly (MatrixCell | null)[] }[]
}

/** A figure that counts. */
export interface Tile {
  readonly label: string
  readonly value: string
  readonly note: string
  readonly tone: 'proved' | 'suspected' | 'well' | 'plain'
  /** A part of a whole, from 0 to 1, drawn as a bar; null when the figure is none. */
  readonly share: number | null
}

/** A case in the list of all cases, which readers can filter. */
export interface CaseRow {
  /** The id of its chapter. */
  readonly chapter: string
  readonly who: string
  readonly party: 'server' | 'client'
  readonly certainty: Certainty
  readonly what: string
  readonly affected: string
  /** Identifiers of the broken rules. */
  readonly rules: readonly string[]
}

export type Block =
  | { readonly kind: 'paragraph'; readonly words: Words }
  | { readonly kind: 'list'; readonly items: readonly Words[] }
  | { readonly kind: 'heading'; readonly text: string }
  | { readonly kind: 'terms'; readonly entries: readonly { readonly term: string; readonly words: Words }[] }
  | { readonly kind: 'quote'; readonly source: string; readonly text: string; readonly note: string }
  | { readonly kind: 'dialogue'; readonly caption: string; readonly lines: readonly DialogueLine[] }
  | { readonly kind: 'code'; readonly caption: string; readonly text: string }
  | {
      readonly kind: 'table'
      readonly caption: string
      readonly head: readonly string[]
      readonly rows: readonly (readonly Inline[])[]
    }
  | { readonly kind: 'ladder'; readonly ladder: SequenceDiagram }
  | { readonly kind: 'timeline'; readonly timeline: Timeline }
  | { readonly kind: 'matrix'; readonly matrix: Matrix }
  | { readonly kind: 'tiles'; readonly tiles: readonly Tile[] }
  | {
      readonly kind: 'folded'
      readonly title: string
      readonly blocks: readonly Block[]
      /** The same in another form, which is not printed. */
      readonly repeats: boolean
    }
  | { readonly kind: 'cases'; readonly caption: string; readonly rows: readonly CaseRow[] }

export interface Section {
  readonly id: string
  readonly title: string
  readonly blocks: readonly Block[]
}

/** The chapter about one server or client, or about several that did the same in one session each. */
export interface Chapter {
  readonly id: string
  /** What was done, as a sentence. */
  readonly title: string
  /** Who. */
  readonly subtitle: string
  readonly certainty: 'proved' | 'suspected'
  readonly sections: readonly Section[]
}

export interface ReportModel {
  readonly title: string
  readonly subtitle: string
  /** The summary of all chapters, or the statement that nothing was found. */
  readonly lead: readonly Block[]
  readonly chapters: readonly Chapter[]
  /** The sections after the chapters: the capture, and what could not be seen. */
  readonly closing: readonly Section[]
}
