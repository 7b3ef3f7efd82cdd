// A dialogue as lines of text, for Markdown and plain text: frame and seconds since the connection began, then `C>` or
// `S>`, and a blank line where the other side speaks.
import { terminal } from '../escape.ts'
import { wrap } from '../text.ts'
import type { DialogueLine } from './report-model.ts'

/** `0.251000`: down to the microsecond, which is what most captures know. */
export function elapsed(timeNs: number): string {
  const micros = Math.floor(timeNs / 1000)
  return `${Math.floor(micros / 1_000_000)}.${String(micros % 1_000_000).padStart(6, '0')}`
}

const LEAST = 40

export function spoken(lines: readonly DialogueLine[], width: number): string[] {
  const frames = lines.map(({ frame }) => (frame === null ? '' : `#${frame}`))
  const times = lines.map(({ timeNs }) => (timeNs === null ? '' : elapsed(timeNs)))
  const widest = (texts: readonly string[]) => Math.max(0, ...texts.map(({ length }) => length))
  const [a, b] = [widest(frames), widest(times)]
  const margin = (i: number) => `${(frames[i] ?? '').padStart(a)}  ${(times[i] ?? '').padStart(b)}  `
  return lines.flatMap((line, i) => {
    const before = lines[i - 1]
    const turned = before !== undefined && before.who !== line.who ? [''] : []
    return [...turned, ...told(line, margin(i), width)]
  })
}

function told(line: DialogueLine, margin: string, width: number): string[] {
  const text = terminal(line.text)
  if (line.who === 'client' || line.who === 'server') {
    const head = `${margin}${line.who === 'client' ? 'C>' : 'S>'} ${text}`
    const fate = fateOf(line)
    if (fate === '') return [head]
    return head.length + 3 + fate.length <= width
      ? [`${head}   ${fate}`]
      : [head, `${' '.repeat(margin.length)}   ${fate}`]
  }
  const mark = line.who === 'mark' ? '!!' : '--'
  const indent = ' '.repeat(margin.length)
  const room = Math.max(LEAST, width - margin.length - 3)
  return wrap(text, room).map((part, i) => (i === 0 ? `${margin}${mark} ${part}` : `${indent}   ${part}`))
}

function fateOf({ lost, acked }: DialogueLine): string {
  if (!lost) return ''
  return acked === null ? '<-- no reply' : `<-- no reply; acknowledged in #${acked}`
}
