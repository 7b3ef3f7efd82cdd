// Reports as the composer would make them: the service of samples/five-dialogues that loses commands, with every kind
// of block; and the same with the text of an attacker.
import type {
  Block,
  CaseRow,
  DialogueLine,
  ReplyLink,
  ReportModel,
  Section,
  Step,
  Tile,
} from '../../../src/report/vendor/report-model.ts'

const ms = (n: number) => n * 1_000_000
const RCPT = 'RCPT TO:<recipient@example.com>'
const GREETING = '220 DB3EHSMHS006.bigfish.com Microsoft ESMTP MAIL Service ready at Sun, 28 Nov 2010 07:47:08 +0000'

const line = (who: DialogueLine['who'], text: string, frame: number | null, timeMs: number | null): DialogueLine => ({
  who,
  text,
  frame,
  timeNs: timeMs === null ? null : ms(timeMs),
  acked: who === 'client' ? (frame ?? 0) + 1 : null,
  lost: false,
})

const DIALOGUE: readonly DialogueLine[] = [
  line('server', GREETING, 53, 91),
  line('client', 'EHLO amnesiac.example.com', 55, 151),
  line('server', '250-DB3EHSMHS006.bigfish.com Hello [192.0.2.1]', 56, 171),
  line('server', '250-PIPELINING', 56, 171),
  line('server', '250 CHUNKING', 56, 171),
  line('client', 'MAIL FROM:<sender@example.com>', 58, 251),
  { ...line('client', RCPT, 58, 251), lost: true, certainty: 'proved' },
  { ...line('client', 'RSET', 58, 251), lost: true, certainty: 'suspected' },
  line('client', 'QUIT', 58, 251),
  line('server', '250 2.1.0 Sender OK', 60, 336),
  line('server', '221 2.0.0 Service closing transmission channel', 60, 336),
  line('mark', 'reply-out-of-order: the server answered QUIT before 2 earlier commands: RCPT, RSET', 60, null),
  line('note', 'the server closes (FIN) with 2 replies outstanding: RCPT, RSET', 61, 337),
]

const step = (from: Step['from'], kind: Step['kind'], frame: number, timeMs: number, texts: string[]): Step => ({
  from,
  kind,
  frame,
  timeNs: ms(timeMs),
  parts: texts.map((text) => ({
    text,
    fate: text === RCPT || text === 'RSET' ? ('proved' as const) : null,
    acked: from === 'client' ? 59 : null,
  })),
})

const STEPS: readonly Step[] = [
  step('server', 'data', 53, 91, [GREETING]),
  step('client', 'data', 55, 151, ['EHLO amnesiac.example.com']),
  step('server', 'data', 56, 171, ['250-DB3EHSMHS006.bigfish.com Hello [192.0.2.1] (9 lines)']),
  step('client', 'data', 58, 251, ['MAIL FROM:<sender@example.com>', RCPT, 'RSET', 'QUIT']),
  step('server', 'ack', 59, 291, ['ACK of all 4 commands']),
  step('server', 'data', 60, 336, ['250 2.1.0 Sender OK', '221 2.0.0 Service closing transmission channel']),
  step('server', 'close', 61, 337, ['FIN']),
  step('client', 'close', 63, 378, ['FIN']),
]

const LINKS: readonly ReplyLink[] = [
  { from: [1, 0], to: [2, 0], kind: 'in-order' },
  { from: [3, 0], to: [5, 1], kind: 'proved' },
  { from: [3, 3], to: [5, 0], kind: 'proved' },
]

const LADDER: Block = {
  kind: 'ladder',
  ladder: {
    session: 's50',
    client: '192.0.2.1:49152',
    server: '203.0.113.25:25',
    steps: STEPS,
    links: LINKS,
    before: 0,
    after: 0,
  },
}

/** Long names, a wait, unacknowledged data, a reset, and more than fits. */
const ODD_LADDER: Block = {
  kind: 'ladder',
  ladder: {
    session: 's9',
    client: '[2001:db8:1234:5678:9abc:def0:1234:5678]:49152',
    server: '[2001:db8:1234:5678:9abc:def0:1234:9999]:25',
    before: 12,
    after: 3,
    links: [],
    steps: [
      step('client', 'data', 1_234_567, 91, ['NOOP', `RCPT TO:<${'long'.repeat(30)}@example.com>`]),
      {
        ...step('client', 'data', 1_234_570, 301_091, []),
        parts: [{ text: `${RCPT} ORCPT=rfc822;recipient@example.com`, fate: 'suspected', acked: null }],
      },
      { ...step('server', 'close', 1_234_571, 0, ['RST']), timeNs: null },
    ],
  },
}

/** Nothing is lost in it: the server stands further to the right. */
const QUIET_LADDER: Block = {
  kind: 'ladder',
  ladder: {
    session: 's7',
    client: '192.0.2.1:49152',
    server: '[2001:db8::203:113]:10025',
    before: 0,
    after: 0,
    links: [{ from: [0, 0], to: [3, 0], kind: 'unsure' }],
    steps: [
      step('client', 'data', 7, 1, ['NOOP']),
      step('server', 'ack', 8, 2, ['ACK of 1 command']),
      step('client', 'data', 8, 2, ['RSET']),
      step('server', 'data', 8, 2600, ['250 ok']),
      step('client', 'close', 9, 3, ['RST']),
    ],
  },
}

const BINS = Array.from({ length: 36 }, (_, i) => ({
  label: `2010-11-${String(1 + (i >> 1)).padStart(2, '0')} ${i % 2 === 0 ? '00' : '12'}:00`,
  sessions: i === 20 ? 0 : 40 + ((i * 7919) % 61),
  suspected: i % 4,
  proved: i < 14 ? 0 : i === 14 ? 1 : i === 20 ? 0 : 20 + ((i * 104_729) % 23),
}))

const SECTIONS: readonly Section[] = [
  {
    id: 'answer',
    title: 'In brief',
    blocks: [
      {
        kind: 'paragraph',
        words: [
          'Commands that the server had received were never answered: ',
          { code: 'RCPT' },
          ' and ',
          { code: 'RSET' },
          ' of a group that ends in ',
          { code: 'QUIT' },
          '. 1 of 3 sessions with this service is affected.',
        ],
      },
      {
        kind: 'terms',
        entries: [
          { term: 'Server', words: [{ code: '203.0.113.25:25' }, ', which calls itself DB3EHSMHS006.bigfish.com'] },
          { term: 'Seen', words: ['from 2010-11-28T07:27:55Z to 2010-11-28T07:48:50Z'] },
          { term: 'Findings', words: ['3 errors, all proved'] },
        ],
      },
    ],
  },
  {
    id: 'law',
    title: 'What the standard says',
    blocks: [
      {
        kind: 'quote',
        source: 'RFC 2920 section 3.2 (1)',
        text: 'MUST respond to commands in the order they are received from the client.',
        note: 'kept by every other server in this capture',
      },
      {
        kind: 'quote',
        source: 'RFC 2920 section 3.2 (9)',
        text: 'MUST NOT flush or otherwise lose the contents of the TCP input buffer under any circumstances whatsoever.',
        note: '',
      },
    ],
  },
  {
    id: 'dialogue',
    title: 'What happened',
    blocks: [
      { kind: 'heading', text: 'Session s50' },
      LADDER,
      {
        ...{ kind: 'folded', title: 'Line by line', repeats: true },
        blocks: [{ kind: 'dialogue', caption: 'The dialogue of session s50, 203.0.113.25:25', lines: DIALOGUE }],
      },
      { kind: 'folded', title: 'A control', blocks: [{ kind: 'paragraph', words: ['It went well.'] }], repeats: false },
    ],
  },
  {
    id: 'extent',
    title: 'How far it goes',
    blocks: [
      {
        kind: 'timeline',
        timeline: {
          title: 'Violations of 203.0.113.25:25 over time',
          from: '2010-11-01T00:00:00Z',
          width: '12 hours',
          bins: BINS,
        },
      },
      {
        kind: 'matrix',
        matrix: {
          caption: 'Groups of commands at each server, and how often they failed',
          columns: [
            { name: 'DB3EHSMHS006.bigfish.com', detail: '203.0.113.25:25', accused: true },
            { name: 'exchange.example.com', detail: '198.51.100.7:25', accused: false },
            { name: 'mail7.exchange.microsoft.com', detail: '198.51.100.25:25', accused: false },
            { name: '203.0.113.32:25', detail: '', accused: false },
          ],
          rows: [
            {
              shape: 'MAIL RCPT RSET QUIT',
              cells: [
                { well: 0, proved: 1201, suspected: 3, unjudged: 3 },
                { well: 1, proved: 0, suspected: 0, unjudged: 0 },
                { well: 1, proved: 0, suspected: 0, unjudged: 0 },
                null,
              ],
            },
            {
              shape: 'MAIL RCPT×n RSET',
              cells: [
                { well: 2, proved: 1, suspected: 0, unjudged: 0 },
                null,
                { well: 0, proved: 0, suspected: 0, unjudged: 2 },
                { well: 1, proved: 0, suspected: 0, unjudged: 0 },
              ],
            },
            {
              shape: 'content QUIT',
              cells: [
                { well: 1, proved: 0, suspected: 0, unjudged: 0 },
                { well: 100_000, proved: 1, suspected: 0, unjudged: 0 },
                { well: 1, proved: 100_000, suspected: 0, unjudged: 0 },
                null,
              ],
            },
          ],
        },
      },
    ],
  },
  {
    id: 'reproduce',
    title: 'See for yourself',
    blocks: [
      {
        kind: 'list',
        items: [
          ['Open the capture in Wireshark and apply the filter below.'],
          ['Or run ', { code: 'pipelint transcript --session s50 five-dialogues.pcap' }, '.'],
        ],
      },
      {
        kind: 'code',
        caption: 'Display filter of session s50',
        text: 'ip.addr == 192.0.2.1 && ip.addr == 203.0.113.25 && tcp.port == 49152 && tcp.port == 25\n  && frame.number >= 50 && frame.number <= 64',
      },
      ODD_LADDER,
      QUIET_LADDER,
    ],
  },
]

const TILES: readonly Tile[] = [
  { label: 'sessions affected', value: '1 of 5', note: '20 %', tone: 'plain', share: 0.2 },
  { label: 'incidents proved', value: '1', note: 'a group lost', tone: 'proved', share: null },
  { label: 'incidents suspected', value: '1', note: '', tone: 'suspected', share: null },
  {
    label: 'controls that went well',
    value: '2 of 2',
    note: 'the same group at other servers',
    tone: 'well',
    share: 1,
  },
]

const CASES: readonly CaseRow[] = [
  {
    ...{ chapter: '203.0.113.25:25', who: '203.0.113.25:25', party: 'server', certainty: 'proved', affected: '1 of 3' },
    ...{ what: 'lost 2 of 4 pipelined commands', rules: ['input-lost', 'premature-close'] },
  },
  {
    ...{ chapter: '192.0.2.9', who: '192.0.2.9', party: 'client', certainty: 'suspected', affected: '1 of 1' },
    ...{ what: 'may have sent commands too early', rules: ['command-after-sync-command'] },
  },
]

export const REALISTIC: ReportModel = {
  title: 'SMTP pipelining violations of 203.0.113.25:25',
  subtitle: 'Violation report over 82 packets, 2010-11-28T07:27:55Z to 07:48:51Z',
  lead: [
    {
      kind: 'paragraph',
      words: [
        'One server lost commands that its TCP had acknowledged. Its neighbours answered the very same group in full.',
      ],
    },
    { kind: 'list', items: [['5 sessions, 1 of them in violation'], ['3 errors, 0 warnings']] },
    { kind: 'tiles', tiles: TILES },
    { kind: 'cases', caption: 'All cases', rows: CASES },
  ],
  chapters: [
    {
      id: '203.0.113.25:25',
      title: 'bigfish.com lost 2 of 4 pipelined commands',
      subtitle: 'Server 203.0.113.25:25, DB3EHSMHS006.bigfish.com',
      certainty: 'proved',
      sections: SECTIONS,
    },
    {
      id: '192.0.2.9',
      title: '192.0.2.9 may have sent commands too early',
      subtitle: '',
      certainty: 'suspected',
      sections: [{ id: 'answer', title: 'In brief', blocks: [{ kind: 'paragraph', words: ['A suspicion.'] }] }],
    },
  ],
  closing: [
    {
      id: 'capture',
      title: 'The capture',
      blocks: [
        {
          kind: 'table',
          caption: 'Files that were read',
          head: ['file', 'packets', 'bytes', 'SHA-256'],
          rows: [
            [{ code: 'five-dialogues.pcap' }, '82', '10,204', { code: '4b1f'.repeat(16) }],
            [{ code: 'more.pcap' }, '1,204', '987,654', { code: 'c0de'.repeat(16) }],
          ],
        },
        { kind: 'heading', text: 'What could not be seen' },
        { kind: 'paragraph', words: ['Nothing was missing.'] },
      ],
    },
  ],
}

/** The same report with a word in front of every string that a stranger may have chosen. */
export function withWords(model: ReportModel, word: string): ReportModel {
  const walk = (value: unknown, name: string): unknown => {
    if (typeof value === 'string') return isFixed(name, value) ? value : `${word}${value}`
    if (Array.isArray(value)) return value.map((each) => walk(each, name))
    if (value === null || typeof value !== 'object') return value
    return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, walk(each, key)]))
  }
  return walk(model, '') as ReportModel
}

/** Words of the model itself. `from` is a side in a step, and a time in a timeline. */
function isFixed(name: string, value: string): boolean {
  return (
    ['kind', 'certainty', 'fate', 'party', 'tone', 'chapter', 'doubt'].includes(name) ||
    (name === 'who' && /^(?:client|server|mark|note)$/.test(value)) ||
    (name === 'from' && ['client', 'server'].includes(value))
  )
}
