// RFC 5321 section 4.3.1: the client waits for the greeting.
import { defineRule } from '../rule.ts'
import { nameOf } from '../wording.ts'

export const talkBeforeGreeting = defineRule({
  id: 'talk-before-greeting',
  clauses: [
    {
      rfc: 5321,
      section: '4.3.1',
      item: null,
      keyword: 'SHOULD',
      text: 'The sender SHOULD wait for this greeting message before sending any commands.',
    },
  ],
  party: 'client',
  severity: 'warning',
  title: 'The client sent a command before the greeting had arrived',
  headline: 'talked before the greeting had arrived',
  why: 'Servers take this for a sign of abuse and refuse the session.',
  fix: 'Wait for the last line of the greeting before sending the first command.',
  proof: 'The first command acknowledges less than the full greeting.',
  excuses:
    'A PROXY header; TLS from the start; a QUIT while the server is silent. Reported as info only if the server offers PIPECONNECT.',
  violates: `
    C> EHLO client.example.com
    S> 220 mail.example.net ESMTP
    S> 250-mail.example.net
    S| 250 PIPELINING
    C> QUIT
    S> 221 bye`,
  conforms: `
    S> 220 mail.example.net ESMTP
    C> EHLO client.example.com
    S> 250-mail.example.net
    S| 250 PIPELINING
    C> QUIT
    S> 221 bye`,
  needs: ['greeting', 'client-bytes'],
  onlyRemarkable: true,
  endTraits: ['talked-early'],
  applies: (session) =>
    (session.startSeen ? !session.opaque || session.greeting !== null : 'the start was not captured') || 'encrypted',

  *checkEnd(session) {
    const { early: first, greeting, earlyAllowed } = session
    if (!session.talkedEarly || first === null || greeting === null || first.verb === 'QUIT') return
    if (first.seenAtStart < 0 || first.seenAtStart >= greeting.at.end) return
    yield {
      commands: [first],
      replies: [greeting],
      certainty: 'proved',
      ...(earlyAllowed ? { severity: 'info' as const } : {}),
      expected: 'no command before the greeting is complete',
      actual: `${nameOf(first)} was sent when ${first.seenAtStart} of the ${greeting.at.end} bytes of the greeting had arrived`,
      headline: `sent ${nameOf(first)} before the greeting had arrived`,
      message: `the client sent ${nameOf(first)} before the whole greeting had arrived`,
      evidence: [
        `frame ${first.at.firstFrame} acknowledges ${first.seenAtStart} of the ${greeting.at.end} bytes of the greeting`,
      ],
    }
  },
})
