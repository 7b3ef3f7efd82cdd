// Small parts that several views draw.
import type { ComponentChildren } from 'preact'
import { useRef, useState } from 'preact/hooks'
import type { FileFilter } from '../report/file-frames.ts'
import { counted, decimal } from '../report/format-text.ts'
import type { Certainty, Severity, VerdictName } from '../rules/analysis.ts'
import { ROWS_DRAWN_MAX } from './limits.ts'
import { linkTo, type Route } from './route.ts'
import { setFilter } from './set-filter.ts'

/** What a renderer of the report wrote: every text in it is escaped there. */
export function Html({ text, class: name }: { readonly text: string; readonly class?: string }) {
  return <div class={name} dangerouslySetInnerHTML={{ __html: text }} />
}

const SIGNS = { proved: '●', suspected: '○' } as const

/** `● error`, `○ suspected error`: certainty is a shape and a word, not only a colour. */
export function Mark({ severity, certainty }: { readonly severity: Severity; readonly certainty: Certainty }) {
  const kind = severity === 'error' ? certainty : severity
  const words = certainty === 'proved' ? severity : `suspected ${severity}`
  return (
    <span class={`badge ${kind}`}>
      <span aria-hidden="true">{SIGNS[certainty]} </span>
      {words}
    </span>
  )
}

export function Verdict({ verdict, words }: { readonly verdict: VerdictName; readonly words: string }) {
  return <span class={`verdict ${verdict}`}>{words}</span>
}

export function RuleLink({ id }: { readonly id: string }) {
  return (
    <a class="rule" href={linkTo({ view: 'rule', id })}>
      {id}
    </a>
  )
}

/** Address and port; port 25 goes without saying. */
export function ServerLink({ server, isRow = false }: { readonly server: string; readonly isRow?: boolean }) {
  return (
    <a class={isRow ? 'row address' : 'address'} href={linkTo({ view: 'server', id: server })}>
      {server}
    </a>
  )
}

export function SessionLink({ id, isRow = false }: { readonly id: string; readonly isRow?: boolean }) {
  return (
    <a class={isRow ? 'row' : undefined} href={linkTo({ view: 'session', id })}>
      {id}
    </a>
  )
}

interface FilterProps {
  readonly route: Route
  readonly shown: number
  readonly of: number
  readonly one: string
  /** How many more were counted, and are not in the list. */
  readonly unlisted?: number
  /** What is counted so. */
  readonly unlistedOne?: string
}

/** Screen readers say the number of rows as it changes. */
export function Filter({ route, shown, of, one, unlisted = 0, unlistedOne = one }: FilterProps) {
  const listed = shown === of ? counted(of, one) : `${decimal(shown)} of ${counted(of, one)}`
  return (
    <div class="filter">
      <label for="filter">Filter</label>
      <input
        id="filter"
        type="search"
        autocomplete="off"
        spellcheck={false}
        placeholder="words that must occur; -word must not"
        value={route.filter}
        onInput={(event) => setFilter(route, event.currentTarget.value)}
      />
      <kbd>/</kbd>
      <output for="filter">
        {listed}
        {unlisted > 0 && `; ${counted(unlisted, `more ${unlistedOne}`)} counted and not listed`}
      </output>
    </div>
  )
}

/** Only so many rows are drawn at once. */
export function useShown<Row>(rows: readonly Row[]): {
  readonly shown: readonly Row[]
  readonly more: ComponentChildren
} {
  const [most, setMost] = useState(ROWS_DRAWN_MAX)
  const left = rows.length - most
  const more =
    left <= 0 ? null : (
      <p class="more">
        <button type="button" onClick={() => setMost(most + ROWS_DRAWN_MAX)}>
          Show {decimal(Math.min(left, ROWS_DRAWN_MAX))} more
        </button>{' '}
        {decimal(left)} not drawn; the filter finds them.
      </p>
    )
  return { shown: rows.slice(0, most), more }
}

/** A text to copy, for Wireshark or a terminal. */
export function Copyable({ text }: { readonly text: string }) {
  const [isCopied, setCopied] = useState(false)
  const code = useRef<HTMLElement>(null)
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text)
      setCopied(true)
    } catch {
      // Not allowed here: the text is selected, ready for the user to copy.
      if (code.current !== null) getSelection()?.selectAllChildren(code.current)
    }
  }
  return (
    <span class="copyable">
      <code ref={code}>{text}</code>{' '}
      <button type="button" class="small" onClick={copy}>
        {isCopied ? 'Copied' : 'Copy'}
      </button>
    </span>
  )
}

/** The name of the file is not part of what is copied. */
export function DisplayFilter({ filter: { file, displayFilter } }: { readonly filter: FileFilter }) {
  return (
    <>
      {file !== null && `${file}: `}
      <Copyable text={displayFilter} />
    </>
  )
}

export function bytesInWords(bytes: number): string {
  if (bytes < 1e6) return `${decimal(Math.ceil(bytes / 1e3))} kB`
  return bytes < 1e9 ? `${(bytes / 1e6).toFixed(1)} MB` : `${(bytes / 1e9).toFixed(2)} GB`
}

/** A cell with a count: nothing stands out where nothing was counted. */
export function Count({ of, name, kind = '' }: { readonly of: number; readonly name: string; readonly kind?: string }) {
  return (
    <td class={`number ${of === 0 ? 'zero' : kind}`} data-head={name}>
      {decimal(of)}
    </td>
  )
}
