// The page: what is open, what is being read, and which view is shown.
import { useCallback, useEffect, useMemo, useRef, useState } from 'preact/hooks'
import { terminal } from '../report/escape.ts'
import type { Running, WorkerClient } from './client.ts'
import { Header } from './header.tsx'
import { Help } from './help.tsx'
import { onKeys } from './keyboard.ts'
import type { Judged, Progress } from './messages.ts'
import { type Model, modelOf } from './model.ts'
import { ProgressView } from './progress-view.tsx'
import { linkTo, type Route, routeOf } from './route.ts'
import { StartView } from './start-view.tsx'
import { useDrop } from './use-drop.ts'
import { Views } from './views.tsx'

interface Reading {
  readonly names: readonly string[]
  readonly progress: Progress | null
  readonly stop: () => void
}

export function App({ client }: { readonly client: WorkerClient }) {
  const [model, setModel] = useState<Model | null>(null)
  const [reading, setReading] = useState<Reading | null>(null)
  const [problem, setProblem] = useState('')
  const route = useRoute()
  const captures = useRef<readonly File[]>([])
  /** Whether all that is open are key logs. */
  const lacksCapture = useRef(false)
  const main = useRef<HTMLElement>(null)
  /** What was opened last; what was opened before it is read no further. */
  const latest = useRef<Running<Judged> | null>(null)

  const open = useCallback(
    async (chosen: readonly File[]) => {
      if (chosen.length === 0) return
      const files = await together(captures.current, lacksCapture.current, chosen)
      const isOther = captures.current.length > 0 && files === chosen
      captures.current = files
      setProblem('')
      latest.current?.stop()
      const tell = (progress: Progress) => setReading((before) => before && { ...before, progress })
      const running: Running<Judged> = client.run({ kind: 'judge', files }, tell)
      latest.current = running
      setReading({ names: files.map(({ name }) => name), progress: null, stop: () => running.stop() })
      try {
        const judged = await running.result
        if (latest.current !== running) return
        setModel(modelOf(judged))
        lacksCapture.current = judged.analysis.captures.length === 0
        // A session of captures that were open before means nothing in others.
        if (isOther) location.hash = linkTo({ view: 'overview' })
        if (routeOf(location.hash).view === 'overview') main.current?.focus()
      } catch (error) {
        if (latest.current !== running) return
        setProblem((error as Error).message)
      }
      setReading(null)
    },
    [client],
  )
  const isOver = useDrop(open)
  useEffect(() => onKeys(), [])
  useTitle(route, model)
  usePlace(route, main)

  return (
    <>
      <button type="button" class="skip" onClick={() => main.current?.focus()}>
        Skip to the result
      </button>
      <Header model={model} route={route} client={client} open={open} isReading={reading !== null} />
      <main id="main" tabIndex={-1} ref={main}>
        {problem !== '' && (
          <p class="notice fault" role="alert">
            {problem}
          </p>
        )}
        {reading !== null ? (
          <ProgressView {...reading} />
        ) : model === null ? (
          <StartView open={open} />
        ) : (
          <Views model={model} route={route} client={client} />
        )}
      </main>
      <Help />
      {isOver && <div class="over">Drop captures or a TLS key log</div>}
    </>
  )
}

/** A key log is read together with the captures that are open, or that are opened next; captures replace captures. */
async function together(
  open: readonly File[],
  lacksCapture: boolean,
  chosen: readonly File[],
): Promise<readonly File[]> {
  const isText = async (file: File) => {
    const first = new Uint8Array(await file.slice(0, 64).arrayBuffer())
    return first.length > 0 && first.every((octet) => octet === 9 || octet === 10 || octet === 13 || octet >= 32)
  }
  const texts = await Promise.all(chosen.map(isText))
  return lacksCapture || texts.every(Boolean) ? [...open, ...chosen] : chosen
}

function useRoute(): Route {
  const [hash, setHash] = useState(location.hash)
  useEffect(() => {
    const changed = () => setHash(location.hash)
    addEventListener('hashchange', changed)
    return () => removeEventListener('hashchange', changed)
  }, [])
  return useMemo(() => routeOf(hash), [hash])
}

function useTitle({ view, id }: Route, model: Model | null): void {
  useEffect(() => {
    const name = model?.judged.analysis.captures[0]?.path
    const place = id === '' ? view : `${view} ${id}`
    document.title = name === undefined ? 'pipelint' : `${place} · ${terminal(name)} · pipelint`
  }, [view, id, model])
}

/** How far down each view was left. */
const places = new Map<string, number>()

/** A link leads to the top of a view; back and forward to where it was left. What reads the page aloud begins at its heading. */
function usePlace({ view, id }: Route, main: { readonly current: HTMLElement | null }): void {
  const place = `${view} ${id}`
  const isLink = useRef(false)
  const before = useRef(place)
  useEffect(() => {
    const clicked = (event: MouseEvent) => {
      isLink.current = event.target instanceof Element && event.target.closest('a') !== null
    }
    const scrolled = () => places.set(before.current, scrollY)
    addEventListener('click', clicked, true)
    addEventListener('scroll', scrolled, { passive: true })
    return () => {
      removeEventListener('click', clicked, true)
      removeEventListener('scroll', scrolled)
    }
  }, [])
  useEffect(() => {
    if (before.current === place) return
    before.current = place
    scrollTo(0, isLink.current ? 0 : (places.get(place) ?? 0))
    isLink.current = false
    main.current?.focus({ preventScroll: true })
  }, [place, main])
}
