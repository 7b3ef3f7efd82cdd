// RFC 5321 section 4.1.1.1: the EHLO reply lists the server's capabilities. A box in the path may overwrite it.
import { defineRule } from '../rule.ts'

const OVERWRITTEN = /^X{4,}$/

export const capabilitiesMasked = defineRule({
  id: 'capabilities-masked',
  clauses: [
    {
      rfc: 5321,
      section: '4.1.1.1',
      item: null,
      keyword: 'MUST',
      text: 'The EHLO response MUST contain keywords (and associated parameters if required) for all commands not listed as "required" in Section 4.5.1',
    },
  ],
  party: 'path',
  severity: 'info',
  title: "A device on the path overwrote EHLO keywords or commands with X's",
  headline: 'masked keywords of the EHLO reply or commands',
  why: 'Client and server no longer agree on what was offered, so neither can be blamed for what follows.',
  fix: 'Switch off the inspection of SMTP in the firewall (Cisco: fixup, inspect esmtp).',
  proof: "A keyword of the EHLO reply, or a command, consists of X's.",
  excuses: 'A private keyword that really has such a name.',
  violates: `
    S> 220 mail.example.net ESMTP
    C> EHLO client.example.com
    S> 250-mail.example.net
    S| 250 XXXXXXXA
    C> QUIT
    S> 221 bye`,
  conforms: `
    S> 220 mail.example.net ESMTP
    C> EHLO client.example.com
    S> 250-mail.example.net
    S| 250 CHUNKING
    C> QUIT
    S> 221 bye`,
  needs: ['offer', 'client-bytes'],
  onlyRemarkable: true,
  groupTraits: ['unknown-verb'],
  endTraits: ['overwritten'],
  applies: () => true,

  *checkGroup(group) {
    const masked = group.exchanges.find(
      ({ command }) => command.verb === 'OTHER' && OVERWRITTEN.test(command.text.trim()),
    )
    if (masked === undefined) return
    yield {
      commands: [masked.command],
      certainty: 'suspected',
      expected: 'the command that the client sent',
      actual: `"${masked.command.text}"`,
      message: "a device on the path overwrote a command with X's",
      evidence: [`the command in frame ${masked.command.at.firstFrame} is "${masked.command.text}"`],
    }
  },

  *checkEnd({ limits }) {
    const masked = limits.find(({ code }) => code === 'proxy-rewrite')
    if (masked === undefined) return
    yield {
      frames: [masked.frame],
      certainty: 'proved',
      expected: 'the keywords that the server sent',
      actual: "X's in their place",
      message: "a device on the path overwrote keywords of the EHLO reply with X's",
      evidence: [`the EHLO reply in frame ${masked.frame} lists keywords that consist of X's`],
    }
  },
})
