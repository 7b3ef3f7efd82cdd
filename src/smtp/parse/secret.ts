// Finds credentials in lines of a dialogue. All output formats and the redaction use this one judgement. Servers differ
// in what they accept as a separator, so anything that may be one counts as one.

/** A separator: an octet that is not printable, raw or as `\xNN`, or punctuation used like a space. */
const GAP = String.raw`(?:[^!-~]|\\x[0-9a-f]{2}|[=:,;])`
const VERB = new RegExp(`^${GAP}*([A-Z][A-Z0-9-]*)${GAP}+`, 'i')
const FIRST_GAP = new RegExp(`^${GAP}*`)
const LAST_GAP = new RegExp(`${GAP}+$`)

/** Verbs followed by a mechanism and then the credential. */
const NAMES_MECHANISM = /^(?:AUTH|X-EXPS|AUTHENTICATE)$/i
/** AUTH with a letter too many, too few, wrong, or in the wrong place. */
const MISSPELT = 'A?UTH|A[A-Z]?TH|AU[A-Z]?H|AUT[A-Z]?|[A-Z]UTH|UATH|ATUH|AUHT|A[A-Z]UTH|AU[A-Z]TH|AUT[A-Z]H'
/**
 * Verbs of other protocols (POP3, IMAP, NNTP, HTTP fields) and misspellings: everything after them may be the
 * credential.
 */
const TAKES_SECRET = new RegExp(
  `^(?:(?:X-?)?AUTH.*|${MISSPELT}|PROXY-AUTHORIZATION|USER|PASS(?:W(?:OR)?D)?|APOP|LOGIN)$`,
  'i',
)
/**
 * Mechanisms (RFC 4422 section 3.1). A word not listed here may itself be a credential. Redaction keeps the same words.
 */
const MECHANISM =
  /^(?:plain|login|cram-md5|digest-md5|gss(?:api|-spnego)|gs2-krb5(?:-plus)?|ntlm|external|anonymous|kerberos_v4|oauthbearer|xoauth2?|scram-sha-(?:1|256)(?:-plus)?|otp|skey)$/i

/** Shown instead of a credential: after a mechanism, and elsewhere. */
const RESPONSE_HIDDEN = ' [initial response hidden]'
const SECRET_HIDDEN = ' [secret hidden]'

/** Where the credential starts, including the separator before it; -1 when there is none. */
function secretAt(line: string): number {
  const verb = VERB.exec(line)
  if (verb === null) return -1
  const [head, name = ''] = verb
  const start = head.replace(LAST_GAP, '').length
  if (head.length === line.length) return -1
  if (TAKES_SECRET.test(name) && !NAMES_MECHANISM.test(name)) return start
  if (MECHANISM.test(name)) return start
  const [mechanism = ''] = /^[\w-]*/.exec(line.slice(head.length)) ?? []
  const rest = line.slice(head.length + mechanism.length)
  const gap = FIRST_GAP.exec(rest)?.[0].length ?? 0
  const named = MECHANISM.test(mechanism) && (gap > 0 || rest === '')
  if (!named) return NAMES_MECHANISM.test(name) ? start : -1
  return gap === rest.length ? -1 : head.length + mechanism.length
}

/** A command line with its credential blanked. */
export function withoutSecret(line: string): string {
  const at = secretAt(line)
  if (at < 0) return line
  const shown = line.slice(0, at)
  return shown + (VERB.test(shown) ? RESPONSE_HIDDEN : SECRET_HIDDEN)
}

/**
 * Splits a command line into the public part and the credential. `hidden`: the credential was already replaced by its
 * placeholder.
 */
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
/** Base64 or a password: words of ordinary text have no digits, no base64 punctuation and no capitals inside. */
const NO_WORD = /[0-9+/=]|[a-z][A-Z]/

export const isNoWord = (word: string) => NO_WORD.test(word)

/** A reply line with credentials masked: an error reply may quote the command. The length stays the same. */
export function withoutEcho(line: string): string {
  return line.replace(ECHO, (all, command: string, word: string) =>
    isNoWord(word) ? command + 'x'.repeat(word.length) : all,
  )
}
