// While captures are read: how far, what was found so far, and a way to stop.
import { terminal } from '../report/escape.ts'
import { counted } from '../report/format-text.ts'
import type { Progress } from './messages.ts'
import { bytesInWords } from './parts.tsx'

interface Props {
  readonly names: readonly string[]
  readonly progress: Progress | null
  readonly stop: () => void
}

export function ProgressView({ names, progress, stop }: Props) {
  const share = progress === null || progress.of === 0 ? 0 : Math.min(1, progress.bytes / progress.of)
  const percent = Math.floor(100 * share)
  return (
    <section class="reading" aria-labelledby="reading">
      <h1 id="reading">Reading {names.length === 1 ? terminal(names[0] ?? '') : counted(names.length, 'file')}</h1>
      <progress max={100} value={percent} aria-label="Read so far" />
      <p class="figures" role="status" aria-live="off">
        {progress === null
          ? 'Opening'
          : `${percent} % · ${bytesInWords(progress.bytes)} of ${bytesInWords(progress.of)} · ${counted(progress.packets, 'packet')} · ${counted(progress.sessions, 'session')} · ${counted(progress.errors, 'error')}`}
      </p>
      <p>
        <button type="button" onClick={stop}>
          Stop, and show what was read
        </button>
      </p>
    </section>
  )
}
