// The ciphers of one direction in their order: none, then one for each phase of the connection. A record -> what was in it.
import { TLS_UNREAD_RECORDS_MAX } from '../limits.ts'
import type { Opened, RecordCipher } from './cipher.ts'
import { ALERT, CHANGE_CIPHER_SPEC, type RecordView } from './record.ts'

export class Protection {
  /** What protects the next record; null while nothing does. */
  cipher: RecordCipher | null = null
  /** TLS 1.2: what protects the records behind the next ChangeCipherSpec. */
  armed: RecordCipher | null = null
  /** TLS 1.3: what comes behind the current cipher, at the end of its phase. */
  private later: readonly RecordCipher[] = []
  /** Records that may go unread in front of the first that opens: their keys are not known, or nobody read them. */
  private unread = 0
  private readonly plain: Opened = { type: 0, bytes: new Uint8Array(0), from: 0, to: 0 }

  /** TLS 1.3: the ciphers of the phases to come. `unread`: records that none of them protects may come first. */
  follow(phases: readonly RecordCipher[], unread: boolean): void {
    const [first = null, ...later] = phases
    this.cipher = first
    this.later = later
    this.unread = unread ? TLS_UNREAD_RECORDS_MAX : 0
  }

  /** TLS 1.3: the phase is over. */
  advance(): void {
    const [next, ...later] = this.later
    if (next === undefined) return
    this.cipher = next
    this.later = later
  }

  /** Whether the cipher is the last that is known of: nothing but application data and key updates are to come. */
  get settled(): boolean {
    return this.cipher?.proven === true && this.later.length === 0
  }

  /** What was in the record; `unread` when it may be passed over, null when it does not authenticate. */
  open(record: RecordView): Opened | 'unread' | null {
    const { cipher, plain } = this
    // Behind its hello, TLS 1.3 may send these two unprotected (RFC 8446 sections 5 and D.4).
    const { type, length } = record
    const bare = (type === CHANGE_CIPHER_SPEC && length === 1) || (type === ALERT && length === 2)
    if (cipher === null || (bare && cipher.typesInside)) {
      plain.type = record.type
      plain.bytes = record.bytes
      plain.from = record.from
      plain.to = record.to
      return plain
    }
    if (cipher.open(record)) {
      this.unread = 0
      return cipher.opened
    }
    for (const [i, next] of this.later.entries()) {
      if (!next.open(record)) continue
      this.unread = 0
      this.cipher = next
      this.later = this.later.slice(i + 1)
      return next.opened
    }
    return !cipher.proven && this.unread-- > 0 ? 'unread' : null
  }
}
