// One pair that differs -> its part of the document: who, what is certain, what is not, both dialogues, both drawings.
import type { Pair, Seen } from '../../compare/comparison.ts'
import type { Difference } from '../../compare/difference.ts'
import type { Line, SideBySide } from '../../compare/side-by-side.ts'
import { html } from '../escape.ts'
import { counted, decimal } from '../text.ts'
import { elapsed } from '../vendor/dialogue-text.ts'
import { blocksHtml, tableBox } from '../vendor/html-blocks.ts'
import type { Block, Words } from '../vendor/report-model.ts'
import { type Excerpt, excerptOf } from './excerpt.ts'
import { type Fates, fatesOf } from './fates.ts'
import { sequencePair } from './sequence-pair.ts'
import { alike, BOX_WORDS, BY_WORDS, framesOf, PLACE_WORDS, reasonWords } from './words.ts'
import { isHarmless } from './worst.ts'

/** Differences of one pair that are listed, and lines of one reply that are shown. */
const LISTED = 40
const REPLY_LINES = 16

export function pairHtml(pair: Pair, id: string, title: string): string {
  const { outcome, box, by, before, behind } = pair
  const [badge, words] = outcome === 'different' ? ['proved', 'different'] : ['suspected', 'cannot tell']
  const terms: Block = {
    kind: 'terms',
    entries: [
      { term: 'Client side', words: [seenWords(before)] },
      { term: 'Server side', words: [behind.map(seenWords).join('; ')] },
      { term: 'Kind of box', words: [BOX_WORDS[box]] },
      { term: 'Paired by', words: [BY_WORDS[by]] },
    ],
  }
  const fates = fatesOf(pair)
  const excerpt = excerptOf(pair.rows, (row) => differs(row, fates))
  const dialogues =
    pair.rows.length === 0
      ? [blocksHtml([{ kind: 'paragraph', words: [noDialogues(pair)] }], 3)]
      : [dialogueTable(pair, excerpt, fates), sequencePair(pair, excerpt, fates)]
  return `<article id="${id}" aria-labelledby="${id}.title">
<div class="title"><h2 id="${id}.title">${html(title)}</h2> <p class="certainty ${badge}">${words}</p></div>
${blocksHtml([terms, ...certain(pair), ...uncertain(pair)], 3)}
<h3>Both dialogues</h3>
${dialogues.join('\n')}
</article>`
}

function seenWords({ session, client, server, startedAt }: Seen): string {
  return `session ${session}, ${client} to ${server}, from ${startedAt}`
}

function certain({ differences, omitted }: Pair): Block[] {
  const all = alike(differences)
  const items = all.slice(0, LISTED).map(([difference, times]): Words => [sentence(difference, times)])
  const more = all.length - items.length + omitted
  if (more > 0)
    items.push([`${counted(more, 'more difference')} not listed here; --format json has those that were kept.`])
  if (items.length === 0) return []
  return [
    { kind: 'heading', text: 'What is certain' },
    { kind: 'list', items },
  ]
}

function sentence({ place, kind, message, before, behind }: Difference, times: number): string {
  const often = times === 1 ? '' : `; ${decimal(times)} times, the first is shown`
  const frames =
    before === null && behind === null
      ? ''
      : ` (client side: ${framesOf(before)}; server side: ${framesOf(behind)}${often})`
  const where = PLACE_WORDS[place]
  return `${where.charAt(0).toUpperCase()}${where.slice(1)}, ${kind}: ${message}${frames}.`
}

function uncertain({ reasons, by, box, outcome }: Pair): Block[] {
  const items: Words[] = reasonWords(reasons).map((words) => [`It cannot be told, because ${words}.`])
  if (by === 'time') items.push(['That these sessions belong together rests on their times alone.'])
  if (by === 'content')
    items.push(['That these sessions belong together rests on what they say, not on addresses or TCP.'])
  if (box === 'line-proxy' && outcome === 'different')
    items.push(['Whether the box was configured to do this is not in any capture.'])
  if (items.length === 0) return []
  return [
    { kind: 'heading', text: 'What is not certain' },
    { kind: 'list', items },
  ]
}

function noDialogues({ omitted, differences, reasons }: Pair): string {
  if (reasons.some(({ code }) => code === 'encrypted')) return 'The dialogue is encrypted; --keylog reads it.'
  if (omitted > 0 || differences.length > 0)
    return 'Not kept: too many pairs differ. Name this session with --session to see both dialogues.'
  return 'They cannot be set beside each other line by line.'
}

/** A row that something is said of, or that is not the same on both sides. */
function differs(row: SideBySide, fates: Fates): boolean {
  return fates.has(row) || row.before === null || row.behind === null || row.before.text !== row.behind.text
}

function dialogueTable(pair: Pair, { runs, after, unlike }: Excerpt, fates: Fates): string {
  const starts = { before: startOf(pair.rows, 'before'), behind: startOf(pair.rows, 'behind') }
  const named = pair.behind.length > 1
  const rows: string[] = []
  const left = (n: number) => {
    if (n > 0) rows.push(`<tr><td class="note" colspan="2">${counted(n, 'line')} left out</td></tr>`)
  }
  let previous: SideBySide | null = null
  for (const run of runs) {
    left(run.skipped)
    for (const row of run.rows) {
      const fate = fates.get(row)
      const classes = [
        row.by,
        ...(fate === undefined || isHarmless(fate) ? [] : ['lost']),
        ...(previous !== null && previous.by !== row.by ? ['turn'] : []),
      ]
      const said = fate === undefined ? '' : `<p>${html(shortFate(fate))}</p>`
      const cell = (side: 'before' | 'behind') => {
        const line = row[side]
        if (line === null) return '<td class="none">not on this side</td>'
        const isTold = side === 'before' || row.before === null
        return `<td>${lineHtml(row.by, line, starts[side], named)}${isTold ? said : ''}</td>`
      }
      rows.push(`<tr class="${classes.join(' ')}">${cell('before')}${cell('behind')}</tr>`)
      previous = row
    }
  }
  left(after)
  const missing = unlike === 0 ? '' : `; ${counted(unlike, 'line')} that differ left out`
  return tableBox(
    'two',
    `Line by line: client side on the left, server side on the right, frames of each side's own capture${missing}`,
    [{ html: 'client side' }, { html: 'server side' }],
    rows,
  )
}

function shortFate({ kind, place }: Difference): string {
  return `${kind} ${PLACE_WORDS[place]}`
}

function startOf(rows: readonly SideBySide[], side: 'before' | 'behind'): number {
  return rows.reduce((least, row) => Math.min(least, row[side]?.timeNs ?? least), Number.MAX_SAFE_INTEGER)
}

function lineHtml(by: SideBySide['by'], line: Line, startNs: number, named: boolean): string {
  const all = line.text.split('\n')
  const sign = line.kind === 'close' ? '--' : by === 'client' ? 'C>' : 'S>'
  const words = line.kind === 'close' ? [`${by} closes (${line.text})`] : all.slice(0, REPLY_LINES)
  const texts = words.map((text) => `<code><b>${html(sign)}</b> ${html(text)}</code>`)
  const more = all.length > REPLY_LINES ? ` <small>${counted(all.length - REPLY_LINES, 'more line')}</small>` : ''
  const session = named ? `${html(line.session)}, ` : ''
  const acked = line.acked === null ? '' : `, ACK in ${decimal(line.acked)}`
  return `${texts.join('<br/>')}${more} <small>${session}frame ${decimal(line.frame)}${acked}, ${elapsed(line.timeNs - startNs)} s</small>`
}
