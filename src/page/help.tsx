// The keys, what the page is, and the licences of what is inside it.
import { version } from 'pipelint:build'

const KEYS: readonly (readonly [string, string])[] = [
  ['/', 'to the filter; from there ↓ to the first row'],
  ['j  k', 'next row, previous row'],
  ['Enter', 'open the row'],
  ['[  ]', 'previous session, next session'],
  ['u', 'one level up'],
  ['1 to 5', 'overview, servers, incidents, sessions, rules'],
  ['?', 'this help'],
]

export function Help() {
  return (
    <dialog id="help" aria-labelledby="help-title">
      <h2 id="help-title">Keys</h2>
      <dl class="keys">
        {KEYS.map(([key, words]) => (
          <div key={key}>
            <dt>
              <kbd>{key}</kbd>
            </dt>
            <dd>{words}</dd>
          </div>
        ))}
      </dl>
      <p>
        pipelint {version}. The same engine as the command line, in this browser: the findings are identical. A page
        cannot read a capture that is still written, compare two sides of a box, or use several machines; the command
        line can.
      </p>
      <details>
        <summary>Licences</summary>
        <pre>{document.getElementById('licences')?.textContent}</pre>
      </details>
      <form method="dialog">
        <button type="submit">Close</button>
      </form>
    </dialog>
  )
}
