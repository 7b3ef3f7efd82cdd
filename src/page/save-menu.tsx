// Saves the report, the evidence or the JSON document, with or without names.
import { useEffect, useRef, useState } from 'preact/hooks'
import type { WorkerClient } from './client.ts'
import type { SavedKind } from './messages.ts'

interface Props {
  readonly client: WorkerClient
  /** Only about this server. */
  readonly server: string | null
}

const KINDS: readonly (readonly [SavedKind, string, string])[] = [
  ['report', 'Report', 'HTML: clauses, dialogues, working counterexamples'],
  ['evidence', 'Evidence', 'pcapng: the packets that prove it, read back and judged again'],
  ['json', 'JSON', 'every session and finding, as of check --format json'],
]

export function SaveMenu({ client, server }: Props) {
  const [redact, setRedact] = useState(false)
  const [state, setState] = useState('')
  const menu = useRef<HTMLDetailsElement>(null)

  // It closes like a menu: with Escape, and when something else is clicked.
  useEffect(() => {
    const close = (event: Event) => {
      if (event instanceof KeyboardEvent && event.key !== 'Escape') return
      if (event instanceof MouseEvent && menu.current?.contains(event.target as Node) === true) return
      if (menu.current?.open !== true) return
      const hasFocus = menu.current.contains(document.activeElement)
      menu.current.removeAttribute('open')
      if (event instanceof KeyboardEvent && hasFocus) menu.current.querySelector('summary')?.focus()
    }
    addEventListener('keydown', close)
    addEventListener('click', close)
    return () => {
      removeEventListener('keydown', close)
      removeEventListener('click', close)
    }
  }, [])

  const save = async (what: SavedKind) => {
    setState('Reading the captures again')
    try {
      const { name, file, note } = await client.run({ kind: 'save', what, redact, server }).result
      if (file.size === 0) setState('There is no finding to prove.')
      else {
        download(name, file)
        setState(`${name}: ${note}`)
      }
    } catch (error) {
      setState((error as Error).message)
    }
  }
  return (
    <details class="menu" ref={menu}>
      <summary>Save</summary>
      <div class="sheet">
        <p>{server === null ? 'About all servers and clients' : `About server ${server}`}</p>
        <ul>
          {KINDS.map(([kind, title, words]) => (
            <li key={kind}>
              <button type="button" onClick={() => save(kind)}>
                {title}
              </button>{' '}
              <span>{words}</span>
            </li>
          ))}
        </ul>
        <label>
          <input type="checkbox" checked={redact} onChange={(event) => setRedact(event.currentTarget.checked)} />
          Redacted: names, addresses and credentials become placeholders
        </label>
        <p role="status">{state}</p>
      </div>
    </details>
  )
}

/** A link that is followed at once: the file goes to where the browser keeps downloads. */
function download(name: string, file: Blob): void {
  const address = URL.createObjectURL(file)
  const link = document.createElement('a')
  link.href = address
  link.download = name
  link.click()
  setTimeout(() => URL.revokeObjectURL(address), 60_000)
}
