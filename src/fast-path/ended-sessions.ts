// The sessions that the kernel has counted to their end: its records, and the texts that they refer to -> summaries.

import type { CommandSequence, UnremarkableSequences } from '../smtp/pairing/command-sequence.ts'
import type { Verb } from '../smtp/parse/commands.ts'
import type { Fingerprint } from '../smtp/parse/fingerprint.ts'
import type { ClosedBy, Command } from '../smtp/records.ts'
import type { Encryption } from '../smtp/session/session.ts'
import type { SessionSummary } from '../smtp/session/session-summary.ts'
import type { Software } from '../smtp/session/software.ts'
import type { ConnectionFacts } from '../tcp/connection.ts'
import { EndpointPair } from '../tcp/endpoint-pair.ts'
import { CachedText } from './cached-text.ts'
import type { Kernel } from './kernel.ts'
import { type OrdinarySum, ordinarySums } from './ordinary-sums.ts'
import type { SessionFingerprints } from './session-fingerprints.ts'

export interface OrdinaryEvents {
  /** Whether the session whose connection begins with this packet is wanted in full. */
  wantsDialogue(firstFrame: number): boolean
  /** Counts the groups of the session that ends next; null if they are not counted. */
  sequences(): UnremarkableSequences | null
  end(session: EndedSession): void
  /** Whether nothing but the number of ordinary sessions is wanted from now on; and those numbers. */
  readonly wantsSums: boolean
  add(sums: readonly OrdinarySum[]): void
}

// A record, as `kernel/ended.ts` writes it. In numbers of 8 bytes:
const FIRST_FRAME = 0
const START_NS = 1
const LAST_FRAME = 2
const LAST_NS = 3
const CLOSED_FRAME = 4
// In numbers of 4 bytes:
const PACKETS = 10
const COMMANDS = 11
const REPLIES = 12
const GROUPS = 13
const MESSAGES = 14
const HELLO_VERB = 15
const FLAGS = 16
const GREETING = 17
const HELLO = 18
const HELLO_REPLY = 19
const ENDS = 20
const SEQUENCES = 30
const COUNTS = 32

const OFFERED = 1
const USED = 2
const CLOSED_BY_CLIENT = 4

// Kinds of texts, and what is said of them, as in `kernel/texts.ts`.
const KIND_GREETING = 1
const KIND_HELLO_REPLY = 3
const IS_ORDINARY = 1
const OFFERS_PIPELINING = 2
const NAMES_SERVER = 4

/** By their numbers in `kernel/verbs.ts`. */
const VERBS: readonly Verb[] = ['OTHER', 'EHLO', 'HELO', 'MAIL', 'RCPT', 'DATA', 'CONTENT', 'RSET', 'NOOP', 'QUIT']
const EHLO = 1

const REPEATED = 0x100

const NO_COMMANDS: readonly Command[] = []

/** A session that was counted: its connection, and the summary of its dialogue. One object, for there are millions. */
export class EndedSession implements ConnectionFacts, SessionSummary {
  readonly firstFrame: number
  readonly startNs: number
  readonly lastFrame: number
  readonly lastNs: number
  readonly closedFrame: number
  readonly packets: number
  readonly ends: EndpointPair
  readonly commands: number
  readonly replies: number
  readonly groups: number
  readonly messages: number
  readonly fingerprint: Fingerprint | null
  private readonly flags: number
  private readonly helloVerb: number
  private readonly greetingText: CachedText
  private readonly hello: CachedText | null
  private readonly offer: CachedText | null

  constructor(
    numbers: Int32Array,
    times: Float64Array,
    at: number,
    greeting: CachedText,
    hello: CachedText | null,
    offer: CachedText | null,
    fingerprints: SessionFingerprints | null,
  ) {
    const n = at >> 2
    const t = at >> 3
    this.firstFrame = times[t + FIRST_FRAME] as number
    this.startNs = times[t + START_NS] as number
    this.lastFrame = times[t + LAST_FRAME] as number
    this.lastNs = times[t + LAST_NS] as number
    this.closedFrame = times[t + CLOSED_FRAME] as number
    this.packets = numbers[n + PACKETS] as number
    this.ends = new EndpointPair(numbers, n + ENDS)
    this.commands = numbers[n + COMMANDS] as number
    this.replies = numbers[n + REPLIES] as number
    this.groups = numbers[n + GROUPS] as number
    this.messages = numbers[n + MESSAGES] as number
    this.flags = numbers[n + FLAGS] as number
    this.helloVerb = numbers[n + HELLO_VERB] as number
    this.fingerprint = fingerprints?.take(this.firstFrame) ?? null
    this.greetingText = greeting
    this.hello = hello
    this.offer = offer
  }

  // Of all ordinary sessions:
  get unanswered(): number {
    return 0
  }
  get withoutReply(): readonly Command[] {
    return NO_COMMANDS
  }
  get terminal(): null {
    return null
  }
  get encryption(): Encryption {
    return 'none'
  }
  get greeting(): null {
    return null
  }
  get proxyHeader(): null {
    return null
  }
  get close(): null {
    return null
  }

  get closedBy(): ClosedBy {
    return (this.flags & CLOSED_BY_CLIENT) !== 0 ? 'client-fin' : 'server-fin'
  }

  get offered(): boolean {
    return (this.flags & OFFERED) !== 0
  }

  get used(): boolean {
    return (this.flags & USED) !== 0
  }

  get serverName(): string | null {
    return this.greetingText.serverName
  }

  get software(): Software | null {
    return this.greetingText.software ?? this.offer?.offer.software ?? null
  }

  get clientName(): string | null {
    return this.hello?.clientName ?? null
  }

  get protocol(): 'smtp' | 'esmtp' | 'unknown' {
    if (this.helloVerb === 0) return 'unknown'
    return this.helloVerb === EHLO ? 'esmtp' : 'smtp'
  }
}

export class EndedSessions {
  private readonly kernel: Kernel
  private readonly events: OrdinaryEvents
  private readonly fingerprints: SessionFingerprints | null
  /** By place in the kernel's memory. */
  private readonly texts: CachedText[] = []
  /** By node of the kernel's tree. */
  private readonly sequences: CommandSequence[] = []

  constructor(kernel: Kernel, events: OrdinaryEvents, fingerprints: SessionFingerprints | null) {
    this.kernel = kernel
    this.fingerprints = fingerprints
    this.events = events
  }

  /** Reads a text that the kernel has not met before. */
  readText(place: number, at: number, length: number, kind: number): number {
    const text = new CachedText(this.kernel.bytes.slice(at, at + length))
    this.texts[place] = text
    if (kind === KIND_GREETING) return text.isStarred ? 0 : IS_ORDINARY | (text.serverName === null ? 0 : NAMES_SERVER)
    if (kind !== KIND_HELLO_REPLY) return IS_ORDINARY
    // A box in the path has overwritten it.
    if (text.offer.maskedFrame > 0) return 0
    return IS_ORDINARY | (text.offer.pipelining === true ? OFFERS_PIPELINING : 0)
  }

  /** Passes on how many sessions have ended of which only the number is wanted, since the last call. */
  takeSums(): void {
    const { exports } = this.kernel
    if (exports.summed.value === 0) return
    const sums = ordinarySums(this.kernel, this.texts)
    exports.forgetSums()
    this.events.add(sums)
  }

  /** Passes on the sessions that have ended since the last call. */
  take(): void {
    const { exports } = this.kernel
    const count = exports.endedCount.value
    if (count === 0) return
    // They stay where they are until the kernel is called again.
    exports.forgetEnded()
    this.deliver(count)
  }

  /** The same when the kernel has failed and is not to be called again. Returns their first packets. */
  takeLast(): Set<number> {
    const { endedCount, ENDED, ENDED_BYTES } = this.kernel.exports
    const { times } = this.kernel
    const frames = new Set<number>()
    for (let i = 0; i < endedCount.value; i++) {
      frames.add(times[((ENDED.value + i * ENDED_BYTES.value) >> 3) + FIRST_FRAME] as number)
    }
    this.deliver(endedCount.value)
    this.events.add(ordinarySums(this.kernel, this.texts))
    return frames
  }

  private deliver(count: number): void {
    const { ENDED, ENDED_BYTES } = this.kernel.exports
    for (let i = 0; i < count; i++) this.end(ENDED.value + i * ENDED_BYTES.value)
  }

  private end(at: number): void {
    const { numbers, times } = this.kernel
    const n = at >> 2
    const counted = this.events.sequences()
    if (counted !== null) this.count(counted, n + COUNTS, numbers[n + SEQUENCES] as number)
    const greeting = this.texts[numbers[n + GREETING] as number] as CachedText
    const hello = this.texts[numbers[n + HELLO] as number] ?? null
    const offer = this.texts[numbers[n + HELLO_REPLY] as number] ?? null
    this.events.end(new EndedSession(numbers, times, at, greeting, hello, offer, this.fingerprints))
  }

  /** A text that the kernel has kept. */
  text(place: number): CachedText {
    return this.texts[place] as CachedText
  }

  /** Counts so many command sequences: nodes and numbers that stand from index `n` on. */
  count(counted: UnremarkableSequences, n: number, known: number): void {
    const { numbers } = this.kernel
    for (let i = 0; i < known; i++) {
      const node = numbers[n + 2 * i] as number
      counted.countAnswered(this.sequenceOf(counted, node), numbers[n + 2 * i + 1] as number)
    }
  }

  private sequenceOf(counted: UnremarkableSequences, node: number): CommandSequence {
    let sequence = this.sequences[node]
    if (sequence !== undefined) return sequence
    const description = this.kernel.exports.describeSequence(node) >>> 0
    const verb = VERBS[description & 0xff] as Verb
    const before = description >>> 16
    const shorter = before === 0 ? counted.root : this.sequenceOf(counted, before)
    if ((description & 0xff) === 0) sequence = shorter
    else {
      sequence = shorter.followedBy(verb)
      if ((description & REPEATED) !== 0) sequence = sequence.followedBy(verb)
    }
    this.sequences[node] = sequence
    return sequence
  }
}
