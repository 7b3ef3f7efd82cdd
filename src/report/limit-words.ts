// The codes of limits -> the words that say what could not be seen.
import type { LimitCode } from '../smtp/records.ts'

export const LIMIT_WORDS: Readonly<Record<LimitCode, string>> = {
  'gap-client': 'bytes of the client are not in the capture',
  'gap-server': 'bytes of the server are not in the capture',
  unacknowledged: 'bytes that a side sent are not in the capture, and the other side never acknowledged them',
  clock: 'the clock of the capture stood still or was set while the session ran',
  snaplen: 'the snapshot length cut packets',
  midstream: 'the start of the connection is not in the capture',
  'capture-end': 'the end of the connection is not in the capture',
  'one-way-client': 'only the client was captured',
  'one-way-server': 'only the server was captured',
  tls: 'encrypted',
  'sasl-layer': 'hidden by a security layer',
  'role-reversal': 'the sides changed roles; what follows is not judged',
  'not-smtp': 'another protocol on an SMTP port',
  'proxy-rewrite': 'a box in the path overwrote what the server offers',
  'overlap-conflict': 'retransmitted bytes differ from the first copy',
  'resource-cap': 'a bound of this program was reached',
  'internal-error': 'a defect of this program',
}
