// Faults of a proxy, or of a host beside it -> both sides of a conversation, and the differences that must be found.
import type { DifferenceKind, Place } from '../../src/compare/difference.ts'
import type { Conversation, Sides, Turn } from './proxy.ts'

export interface Fault {
  readonly name: string
  readonly place: Place
  /** The kinds that it may draw; one of them it must. */
  readonly kinds: readonly DifferenceKind[]
  readonly does: (conversation: Conversation) => Sides
}

const PIPELINED = 1
const MESSAGE = 2
const SECOND_MAIL = 3

function withTurn(conversation: Conversation, n: number, change: (turn: Turn) => Turn | readonly Turn[]): Conversation {
  return { ...conversation, turns: conversation.turns.flatMap((turn, i) => (i === n ? change(turn) : [turn])) }
}

const without = <T>(list: readonly T[], n: number) => list.filter((_, i) => i !== n)
const replaced = <T>(list: readonly T[], n: number, value: T) => list.map((each, i) => (i === n ? value : each))
/** The second and the third change places: behind MAIL, recipients. */
const swapped = <T>([first, second, third, ...rest]: readonly T[]) => [first, third, second, ...rest] as T[]
const firstTurns = (conversation: Conversation, n: number, closes: 'C' | 'S'): Conversation => ({
  ...conversation,
  turns: conversation.turns.slice(0, n),
  closes,
})

/** The server's replies as the client sees them are changed. */
const replyChanged = (n: number, change: (reply: string) => string | null) => (whole: Conversation) => ({
  before: withTurn(whole, n, (turn) => ({
    ...turn,
    replies: replaced(turn.replies, 0, change(turn.replies[0] as string)),
  })),
  behind: whole,
})

const commandChanged = (n: number, change: (command: string) => string) => (whole: Conversation) => ({
  before: whole,
  behind: withTurn(whole, n, (turn) => ({
    ...turn,
    commands: replaced(turn.commands, 0, change(turn.commands[0] as string)),
  })),
})

export const FAULTS: readonly Fault[] = [
  {
    name: 'loses a command of a group',
    place: 'in',
    kinds: ['lost'],
    does: (whole) => ({
      before: withTurn(whole, PIPELINED, (turn) => ({ ...turn, replies: replaced(turn.replies, 1, null) })),
      behind: withTurn(whole, PIPELINED, ({ commands, replies }) => ({
        commands: without(commands, 1),
        replies: without(replies, 1),
      })),
    }),
  },
  {
    name: 'loses a command that stands alone',
    place: 'in',
    kinds: ['lost'],
    does: (whole) => ({
      before: withTurn(firstTurns(whole, SECOND_MAIL + 1, 'C'), SECOND_MAIL, (turn) => ({ ...turn, replies: [null] })),
      behind: firstTurns(whole, SECOND_MAIL, 'C'),
    }),
  },
  {
    name: 'answers a command itself',
    place: 'in',
    kinds: ['lost', 'made'],
    does: (whole) => ({
      before: whole,
      behind: { ...whole, turns: without(whole.turns, SECOND_MAIL + 2) },
    }),
  },
  { name: 'loses a reply', place: 'in', kinds: ['lost'], does: replyChanged(MESSAGE, () => null) },
  {
    name: 'blots out a keyword',
    place: 'in',
    kinds: ['changed'],
    does: replyChanged(0, (reply) => reply.replace('PIPELINING', 'XXXXXXXXXX')),
  },
  {
    name: 'blots out the greeting',
    place: 'in',
    kinds: ['changed'],
    does: (whole) => ({
      before: { ...whole, greeting: whole.greeting.replace(/[^ ]/g, (c, at) => (at < 4 ? c : '*')) },
      behind: whole,
    }),
  },
  {
    name: 'blots out a command',
    place: 'in',
    kinds: ['changed'],
    does: commandChanged(SECOND_MAIL + 2, () => 'XXXX'),
  },
  {
    name: 'changes case',
    place: 'in',
    kinds: ['changed'],
    does: commandChanged(SECOND_MAIL, (text) => text.toLowerCase()),
  },
  {
    name: 'changes a reply code',
    place: 'in',
    kinds: ['changed'],
    does: replyChanged(SECOND_MAIL + 1, (reply) => reply.replace('550 5', '450 4')),
  },
  {
    name: 'reorders replies',
    place: 'in',
    kinds: ['reordered'],
    does: (whole) => ({
      before: withTurn(whole, PIPELINED, (turn) => {
        const [first = null, second = null, ...rest] = turn.replies
        return { ...turn, replies: [second, first, ...rest] }
      }),
      behind: whole,
    }),
  },
  {
    name: 'reorders commands',
    place: 'in',
    kinds: ['reordered'],
    does: (whole) => ({
      before: whole,
      behind: withTurn(whole, PIPELINED, ({ commands, replies }) => ({
        commands: swapped(commands),
        replies: swapped(replies),
      })),
    }),
  },
  {
    name: 'splits a group',
    place: 'in',
    kinds: ['split'],
    does: (whole) => ({
      before: whole,
      behind: withTurn(whole, PIPELINED, ({ commands, replies }) =>
        commands.map((command, i) => ({ commands: [command], replies: [replies[i] ?? null] })),
      ),
    }),
  },
  {
    name: 'merges commands into a group',
    place: 'in',
    kinds: ['merged'],
    does: (whole) => ({
      before: whole,
      behind: {
        ...whole,
        turns: [
          ...whole.turns.slice(0, SECOND_MAIL),
          {
            commands: whole.turns.slice(SECOND_MAIL, SECOND_MAIL + 3).flatMap(({ commands }) => commands),
            replies: whole.turns.slice(SECOND_MAIL, SECOND_MAIL + 3).flatMap(({ replies }) => replies),
          },
          ...whole.turns.slice(SECOND_MAIL + 3),
        ],
      },
    }),
  },
  {
    name: 'holds up a reply',
    place: 'in',
    kinds: ['delayed'],
    does: (whole) => ({ before: withTurn(whole, MESSAGE, (turn) => ({ ...turn, waitMs: 4000 })), behind: whole }),
  },
  {
    name: 'adds a header',
    place: 'in',
    kinds: ['changed'],
    does: (whole) => ({
      before: whole,
      behind: withTurn(whole, MESSAGE, (turn) => ({ ...turn, commands: [`Received: from a\nC| ${turn.commands[0]}`] })),
    }),
  },
  {
    name: 'adds lines of its own',
    place: 'in',
    kinds: ['made'],
    does: (whole) => ({
      before: whole,
      behind: withTurn(whole, SECOND_MAIL, (turn) => [
        { commands: ['XFORWARD ADDR=192.0.2.1'], replies: ['250 2.0.0 Ok'] },
        turn,
      ]),
    }),
  },
  {
    name: 'closes',
    place: 'in',
    kinds: ['closed'],
    does: (whole) => ({
      before: firstTurns(whole, SECOND_MAIL, 'S'),
      behind: firstTurns(whole, SECOND_MAIL, 'C'),
    }),
  },
  {
    name: 'hands on to a server that is slow',
    place: 'behind',
    kinds: ['delayed'],
    does: (whole) => {
      const slow = withTurn(whole, MESSAGE, (turn) => ({ ...turn, waitMs: 4000 }))
      return { before: slow, behind: slow }
    },
  },
  {
    name: 'hands on to a server that loses a command',
    place: 'behind',
    kinds: ['unanswered'],
    does: (whole) => {
      const lost = withTurn(whole, PIPELINED, (turn) => ({ ...turn, replies: replaced(turn.replies, 1, null) }))
      return { before: lost, behind: lost }
    },
  },
  {
    name: 'hands on to a server that closes',
    place: 'behind',
    kinds: ['closed'],
    does: (whole) => {
      const closed = firstTurns(whole, SECOND_MAIL, 'S')
      return { before: closed, behind: closed }
    },
  },
  {
    name: 'serves a client that closes',
    place: 'before',
    kinds: ['closed'],
    does: (whole) => {
      const closed = firstTurns(whole, SECOND_MAIL, 'C')
      return { before: closed, behind: closed }
    },
  },
]
