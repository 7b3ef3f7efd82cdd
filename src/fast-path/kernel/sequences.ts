// Command sequences: the verbs of a group in order, as nodes of a tree that all sessions share. The host makes the names.

import { SEQUENCE_BYTES, SEQUENCES, SEQUENCES_MAX } from './memory'

/** As SEQUENCE_VERBS_MAX of limits.ts. */
const VERBS_MAX: u32 = 12
@unmanaged
class Sequence {
  before: u16
  verb: u8
  /** Whether the verb came more than once in a row. */
  isRepeated: u8
  length: u32
  /** Followed by the next node for each verb, 2 bytes each; 0 where there is none. */
}

/** The empty sequence. 0 stands for none. */
export const ROOT: u32 = 1
let used: u32 = 1

/** The sequence with one more verb; 0 when there is no room for it. Repetitions of a verb count as one. */
export function followedBy(node: u32, verb: u32): u32 {
  const sequence = sequenceAt(node)
  const isSame = verb == sequence.verb
  if (isSame && sequence.isRepeated != 0) return node
  if (sequence.length > VERBS_MAX) return node
  const link = changetype<usize>(sequence) + offsetof<Sequence>() + verb * 2
  const known = <u32>load<u16>(link)
  if (known != 0) return known
  if (used == SEQUENCES_MAX - 1) return 0
  const next = ++used
  store<u16>(link, <u16>next)
  const added = sequenceAt(next)
  added.before = isSame ? sequence.before : <u16>node
  added.verb = <u8>verb
  added.isRepeated = isSame ? 1 : 0
  added.length = sequenceAt(added.before).length + 1
  return next
}

/** Another analysis. */
export function clearSequences(): void {
  memory.fill(SEQUENCES, 0, (used + 1) * SEQUENCE_BYTES)
  used = ROOT
}

/** For the host: verb, and 256 if it is repeated, and the sequence in front by 65536. */
export function describeSequence(node: u32): u32 {
  const sequence = sequenceAt(node)
  return ((<u32>sequence.before) << 16) | ((<u32>sequence.isRepeated) << 8) | <u32>sequence.verb
}

function sequenceAt(node: u32): Sequence {
  return changetype<Sequence>(SEQUENCES + node * SEQUENCE_BYTES)
}
