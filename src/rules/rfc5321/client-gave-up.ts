// RFC 5321 section 4.5.3.2: the client chooses its time-outs, but it helps the reader to know that it gave up waiting.
import { GIVE_UP_NS } from '../../limits.ts'
import { unansweredOf } from '../../smtp/session/session.ts'
import { defineRule } from '../rule.ts'
import { commandsOf, nameOf, namesOf } from '../wording.ts'

export const clientGaveUp = defineRule({
  id: 'client-gave-up',
  clauses: [
    {
      rfc: 5321,
      section: '4.5.3.2',
      item: null,
      keyword: 'MUST',
      text: 'An SMTP client MUST provide a timeout mechanism.',
    },
  ],
  party: 'client',
  severity: 'info',
  title: 'The client stopped waiting for a reply',
  headline: 'stopped waiting for a reply',
  why: 'What looks like pipelining, or like a lost connection, may only mean that the client stopped waiting: check what the server was doing.',
  fix: 'Wait as long as RFC 5321 section 4.5.3.2 advises: 5 minutes for most commands, 10 minutes for the end of a message.',
  proof:
    'QUIT, RSET, NOOP, a new EHLO or HELO, or the cancellation of AUTH was sent, or the connection was closed, at least 5 s after a command that was still unanswered.',
  excuses: 'A command that was answered before.',
  violates: `
    C> NOOP
    C> [+30s] QUIT
    S> [+1s] 250 ok
    S| 221 bye`,
  conforms: `
    C> NOOP
    S> [+30s] 250 ok
    C> QUIT
    S> 221 bye`,
  needs: ['client-bytes', 'time'],
  onlyRemarkable: true,
  groupTraits: ['gave-up'],
  endTraits: ['unanswered'],
  applies: () => true,

  *checkGroup(group, { clock }) {
    const at = group.exchanges.findIndex(({ gaveUp }) => gaveUp)
    const waited = group.exchanges[at - 1]
    const left = group.exchanges[at]
    if (left === undefined || waited === undefined) return
    // The silence may have been shorter than it seems where the clock is doubtful.
    if (clock.isDoubtful(waited.command.at.lastFrame, left.command.at.firstFrame)) return
    const seconds = ((left.command.sentNs - waited.command.at.timeNs) / 1e9).toFixed(1)
    yield {
      commands: [waited.command, left.command],
      certainty: 'proved',
      expected: `the reply to ${nameOf(waited.command)}`,
      actual: `${nameOf(left.command)} after ${seconds} s of silence`,
      message: `the client waited ${seconds} s for the reply to ${nameOf(waited.command)} and then sent ${nameOf(left.command)}`,
      evidence: [
        `no reply to ${nameOf(waited.command)} had reached the client when it sent frame ${left.command.at.firstFrame}`,
      ],
    }
  },

  *checkEnd({ close, lastGroup, clock }) {
    const open = commandsOf(unansweredOf(lastGroup))
    const last = open[open.length - 1]
    if (close === null || close.by !== 'client' || last === undefined) return
    const silenceNs = clock.shortest({ frame: last.at.lastFrame, timeNs: last.at.timeNs }, close)
    if (silenceNs < GIVE_UP_NS) return
    const owed = `${open.length === 1 ? 'reply' : 'replies'} to ${namesOf(open)}`
    yield {
      commands: open.slice(0, 16),
      frames: [close.frame],
      certainty: 'proved',
      expected: `the ${owed}`,
      actual: `the client closed the connection after ${(silenceNs / 1e9).toFixed(1)} s of silence`,
      message: `the client waited ${(silenceNs / 1e9).toFixed(1)} s for the ${owed} and then closed the connection`,
      evidence: [`the client closed first, in frame ${close.frame}`],
    }
  },
})
