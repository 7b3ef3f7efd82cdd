// A line of a dialogue -> where in it a credential stands. The one place that decides that: what is shown, in any format,
// and what redaction leaves come from here. Servers differ in what they take for a blank, so everything may be one.

/** What sets words apart: an octet that is no printable character, as itself or as `\xNN`, or what stands for a blank. */
const GAP = String.raw`(?:[^!-~]|\\x[0-9a-f]{2}|[=:,;])`
const VERB = new RegExp(`^${GAP}*([A-Z][A-Z0-9-]*)${GAP}+`, 'i')
const FIRST_GAP = new RegExp(`^${GAP}*`)
const LAST_GAP = new RegExp(`${GAP}+$`)

/** A mechanism follows, and only then the credential. */
const NAMES_MECHANISM = /^(?:AUTH|X-EXPS|AUTHENTICATE)$/i
/** Verbs of neighbours (POP3, IMAP, NNTP, HTTP's fields) and misspelt ones: all that follows may be the credential. */
const TAKES_SECRET = /^(?:X?AUTH.*|PROXY-AUTHORIZATION|PASS|APOP|LOGIN)$/i
/** RFC 4422 section 3.1. A word that is none of them may be a credential. Redaction keeps the same. */
const MECHANISM =
  /^(?:plain|login|cram-md5|digest-md5|gss(?:api|-spnego)|gs2-krb5(?:-plus)?|ntlm|external|anonymous|kerberos_v4|oauthbearer|xoauth2?|scram-sha-(?:1|256)(?:-plus)?|otp|skey)$/i

/** What is shown for a credential: behind a mechanism, and elsewhere. */
const RESPONSE_HIDDEN = ' [initial response hidden]'
const SECRET_HIDDEN = ' [secret hidden]'

/** Where it begins, what sets it off included; -1 where there is none. */
function secretAt(line: string): number {
  const verb = VERB.exec(line)
  if (verb === null) return -1
  const [head, name = ''] = verb
  const start = head.replace(LAST_GAP, '').length
  if (head.length === line.length) return -1
  if (!NAMES_MECHANISM.test(name)) return TAKES_SECRET.test(name) ? start : -1
  const [mechanism = ''] = /^[\w-]*/.exec(line.slice(head.length)) ?? []
  const rest = line.slice(head.length + mechanism.length)
  const gap = FIRST_GAP.exec(rest)?.[0].length ?? 0
  const named = MECHANISM.test(mechanism) && (gap > 0 || rest === '')
  if (!named) return start
  return gap === rest.length ? -1 : head.length + mechanism.length
}

/** A command line as it may be shown. */
export function withoutSecret(line: string): string {
  const at = secretAt(line)
  if (at < 0) return line
  const shown = line.slice(0, at)
  return shown + (VERB.test(shown) ? RESPONSE_HIDDEN : SECRET_HIDDEN)
}

/** A command line in two: what is no secret, and what is one, or, where `hidden`, what is shown for one. */
export function splitSecret(line: string): {
  readonly open: string
  readonly secret: string
  readonly hidden: boolean
} {
  const at = secretAt(line)
  if (at < 0) return { open: line, secret: '', hidden: false }
  const rest = line.slice(at)
  const hidden = rest === RESPONSE_HIDDEN || rest === SECRET_HIDDEN
  const gap = hidden ? 0 : (FIRST_GAP.exec(rest)?.[0].length ?? 0)
  return { open: line.slice(0, at + gap), secret: rest.slice(gap), hidden }
}

const ECHO = new RegExp(String.raw`(\b(?:AUTH|X-EXPS)${GAP}+[\w-]{3,20}${GAP}+)([A-Za-z0-9+/]{8,}={0,2})`, 'gi')
/** Base64, or a password: no word of a sentence has a digit, a sign of base64 or a capital in its midst. */
const NO_WORD = /[0-9+/=]|[a-z][A-Z]/

/** A line of a reply: what refuses a command may quote it, with its credential. As long as before. */
export function withoutEcho(line: string): string {
  return line.replace(ECHO, (all, command: string, word: string) =>
    NO_WORD.test(word) ? command + 'x'.repeat(word.length) : all,
  )
}
