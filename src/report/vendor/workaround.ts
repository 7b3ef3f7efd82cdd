// Workarounds for clients, as far as the capture shows that they help; and the fix.
import { addressOf } from '../../decode/address.ts'
import { REPORT_COLUMNS_MAX } from '../../limits.ts'
import type { Rule } from '../../rules/rule.ts'
import { counted, decimal } from '../format-text.ts'
import { type Case, isLmtp, paragraph } from './case.ts'
import { type Contrast, listed } from './contrast.ts'
import type { Block, Section, Words } from './report-model.ts'

/** Maximum number of rules with an example. */
const EXAMPLES = 3

export function workaround(told: Case): Section {
  if (told.plan.party === 'client') return fix(told)
  return { id: 'workaround', title: 'Workaround and fix', blocks: [...forClients(told), ...fixBlocks(told)] }
}

export function fix(told: Case): Section {
  return { id: 'fix', title: 'Fix', blocks: fixBlocks(told) }
}

function fixBlocks({ plan }: Case): Block[] {
  const fixes = [...new Set(plan.rules.map(({ rule }) => rule.fix))]
  return [
    paragraph(`${plan.certainty === 'suspected' ? 'If it is confirmed, to' : 'To'} fix it in the ${plan.party}:`),
    { kind: 'list', items: fixes.map((words): Words => [words]) },
    ...(plan.party === 'client' ? plan.rules.slice(0, EXAMPLES).map(({ rule }) => kept(rule)) : []),
  ]
}

/** An example that follows the rule. For a server, the sessions without faults show this. */
function kept({ id, conforms }: Rule): Block {
  return {
    kind: 'code',
    caption: `Example that follows ${id} (S| and C| lines are in the same segment as the line before)`,
    text: conforms,
  }
}

function forClients(told: Case): Block[] {
  const { failing } = told.plan.contrast
  const isChunked = failing.some(({ shape }) => verbsOf(shape).includes('BDAT'))
  const others = failing.filter(({ shape }) => !verbsOf(shape).includes('BDAT'))
  const ways = [
    ...(isChunked ? [withoutChunking(told)] : []),
    ...(others.some(({ shape }) => isPipelined(shape)) ? [withoutPipelining(told)] : []),
  ]
  if (ways.length === 0) return [paragraph('This capture shows no other way to send the same commands that works.')]
  return [
    paragraph(
      told.plan.certainty === 'suspected' ? 'To avoid it, a client can:' : 'Until the server is fixed, a client can:',
    ),
    { kind: 'list', items: [...apart(told.plan.contrast), ...ways.map(({ words }) => words)] },
    ...ways.flatMap(({ code }) => code),
  ]
}

interface Way {
  readonly words: Words
  readonly code: readonly Block[]
}

const verbsOf = (shape: string) => shape.replaceAll('×n', '').split(' ')

/** Neither Postfix nor Sendmail sends BDAT, so only Exim has to be told. */
function withoutChunking(told: Case): Way {
  const data = told.plan.contrast.working.filter(({ shape }) => verbsOf(shape).includes('DATA'))
  const well = data.reduce((sum, count) => sum + count.well, 0)
  const seen =
    well === 0
      ? '; this capture does not show whether that helps'
      : `. None of ${counted(well, 'group')} with DATA failed`
  const hosts = [...addressesOf(told).map((address) => `!${address}`), '*'].join(' ; ')
  return {
    words: ['Send messages with ', { code: 'DATA' }, ' instead of ', { code: 'BDAT' }, `${seen}.`],
    code: [{ kind: 'code', caption: eximPlace(told), text: `hosts_try_chunking = <; ${hosts}` }],
  }
}

/** Exim speaks LMTP over TCP by the same transport. */
function eximPlace(told: Case): string {
  return `Exim: in the smtp transport${isLmtp(told) ? ' with protocol = lmtp' : ''}`
}

/** The addresses of the accused servers, without ports. */
function addressesOf({ servers }: Case): string[] {
  const accused = servers.filter(({ role }) => role === 'accused').slice(0, REPORT_COLUMNS_MAX)
  return [...new Set(accused.map(({ record }) => addressOf(record.server)))]
}

const isPipelined = (shape: string) => shape.includes(' ') || shape.endsWith('×n')

/** The smallest change that worked in the capture. */
function apart({ condition, working }: Contrast): Words[] {
  if (condition?.kind !== 'together') return []
  const { verb, partners } = condition
  const alone = working.find(({ shape }) => shape === verb)
  const seen =
    alone === undefined
      ? '. This capture does not show whether that helps.'
      : `. Sent alone it worked ${decimal(alone.well)} of ${decimal(alone.well)} times.`
  return [['Send ', { code: verb }, ' only after the replies to ', ...listed(partners, ' and '), ' have arrived', seen]]
}

/** Addresses are formatted by this program from bytes of packets: digits, letters, dots and colons. */
function withoutPipelining(told: Case): Way {
  const { contrast } = told.plan
  const verbs = new Set(contrast.failing.flatMap(({ shape }) => verbsOf(shape)))
  const alone = contrast.working.filter(({ shape }) => verbs.has(shape))
  const singles = alone.reduce((sum, { well }) => sum + well, 0)
  const failed = contrast.failing.some(({ shape }) => !isPipelined(shape))
  const seen = failed
    ? `, although some commands ${told.plan.certainty === 'suspected' ? 'may fail, too,' : 'also fail'} when they are sent alone`
    : singles === 0
      ? '; this capture does not show whether that helps'
      : singles === 1
        ? '. One such command was sent alone, and did not fail'
        : `. None of ${decimal(singles)} such commands that were sent alone failed`
  const unique = addressesOf(told)
  const cidr = unique.map((address) => `${address}/${address.includes(':') ? 128 : 32}  pipelining`)
  // Postfix's lmtp(8) has the same parameters under another name.
  const parameter = isLmtp(told) ? 'lmtp_discard_lhlo_keyword_address_maps' : 'smtp_discard_ehlo_keyword_address_maps'
  return {
    words: [`Stop pipelining to this server${seen}.`],
    code: [
      {
        kind: 'code',
        caption: 'Postfix: the first line goes into main.cf, the others into the file that it names',
        text: [`${parameter} = cidr:/etc/postfix/no_pipelining`, '', ...cidr].join('\n'),
      },
      { kind: 'code', caption: eximPlace(told), text: `hosts_avoid_pipelining = <; ${unique.join(' ; ')}` },
      ...(isLmtp(told) ? [] : SENDMAIL),
    ],
  }
}

/**
 * Sendmail has no setting for PIPELINING, and chooses mailers by domain. The mailer flag 2 makes it say HELO. An LMTP
 * mailer always says LHLO.
 */
const SENDMAIL: readonly Block[] = [
  paragraph(
    'Sendmail cannot leave out PIPELINING alone. With the flag 2 its mailer smtp says HELO and uses no extension, not even STARTTLS.',
  ),
  {
    kind: 'code',
    caption:
      'Sendmail: two lines for sendmail.mc, before MAILER, and one for mailertable, for each domain of recipients',
    text: [
      "FEATURE(`mailertable')dnl",
      "MODIFY_MAILER_FLAGS(`SMTP', `+2')dnl",
      '',
      'example.com  smtp:example.com',
    ].join('\n'),
  },
]
