// Which clients a well-known server would have refused with its default settings: Postfix
// (smtpd_forbid_unauth_pipelining), Exim (smtp_enforce_sync), OpenSMTPD. These are facts about programs, not about the
// standard.
import type { Command } from '../smtp/records.ts'

export const PROFILES = ['rfc', 'postfix', 'exim', 'opensmtpd'] as const
export type Profile = (typeof PROFILES)[number]

interface Behaviour {
  readonly name: string
  readonly answer: string
  /** The rules whose violation the server notices, each with the verbs behind which it does; null for all verbs. */
  readonly notices: Readonly<Record<string, readonly string[] | null>>
}

const BEHAVIOUR: Readonly<Record<Exclude<Profile, 'rfc'>, Behaviour>> = {
  postfix: {
    name: 'Postfix',
    answer: '554 5.5.0 Error: SMTP protocol synchronization',
    notices: {
      'pipelining-not-advertised': null,
      'command-after-sync-command': ['HELO', 'EHLO', 'DATA', 'NOOP', 'VRFY'],
      'content-without-354': null,
    },
  },
  exim: {
    name: 'Exim',
    answer: '554 SMTP synchronization error',
    notices: {
      'pipelining-not-advertised': null,
      'command-after-sync-command': ['HELO', 'EHLO', 'DATA', 'VRFY', 'EXPN', 'NOOP'],
      'content-without-354': null,
      'talk-before-greeting': null,
      'plaintext-after-starttls': null,
      'auth-not-last': null,
    },
  },
  opensmtpd: {
    name: 'OpenSMTPD',
    answer: '500 5.5.1 Invalid command: Pipelining not supported',
    notices: {
      'pipelining-not-advertised': null,
      'command-after-sync-command': null,
      'extension-command-not-last': null,
      'content-without-354': null,
      'talk-before-greeting': null,
      'plaintext-after-starttls': null,
      'auth-not-last': null,
    },
  },
}

/** Whether the profile's server would have refused a client for this violation; null for the profile `rfc`. */
export function refusal(profile: Profile, rule: string, commands: readonly Command[]): string | null {
  if (profile === 'rfc') return null
  const { name, answer, notices } = BEHAVIOUR[profile]
  const verbs = notices[rule]
  const noticed = verbs !== undefined && (verbs === null || verbs.includes(commands[0]?.verb ?? ''))
  return noticed ? `${name} would have refused this client: "${answer}"` : `${name} would not have refused this client`
}
