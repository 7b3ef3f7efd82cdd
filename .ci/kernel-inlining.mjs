// What is compiled into its callers, in the kernel. V8 compiles a call of WebAssembly as it stands, and keeps nothing in
// registers across it; but a long function takes it long to compile.
import { Node } from 'assemblyscript'

/** Each packet needs these. (A decorator in their sources would say so, but of a function it is no TypeScript.) */
const ALWAYS = [
  ...['decode/decode', 'decode/isPlainTcp'],
  'flows/find',
  'packets/addPacket',
  ...['index/take', 'records/readRecord', 'segments/place'],
]

/** Few packets need these. */
const NEVER = [
  ...['decode/decodeNetwork', 'flows/fold', 'flows/hasAddresses'],
  ...['index/takeOther', 'index/takeLate', 'index/closeFlow'],
  ...['ended/keepEnded', 'sums/addSum'],
  'packets/addChunk',
  ...['records/readBlock', 'records/takeShare'],
  ...['segments/takeWaiting', 'segments/takeSyn', 'segments/hold', 'segments/noteEarly', 'segments/waits'],
  ...['session/greet', 'session/sendHello', 'session/takeOffer'],
]

/**
 * For the optimizer, which does as it is told before it inlines anything: the rest is a matter of size. (So the compiler
 * itself must not inline.) Measured: a fifth of the kernel's time, with the lists above.
 */
export const OPTIONS = [
  ...['--always-inline-max-function-size', '50'],
  ...['--flexible-inline-max-function-size', '120'],
  ...['--one-caller-inline-max-function-size', '2000'],
  ...NEVER.map((name) => `--no-inline=*${name}`),
]

/** For the compiler: its transformation of what it has parsed. */
export function afterParse({ sources }) {
  const missing = new Set([...ALWAYS, ...NEVER])
  for (const { internalPath, statements } of sources) {
    for (const statement of statements) {
      const name = `${internalPath}/${statement.name?.text}`
      missing.delete(name)
      if (!ALWAYS.includes(name)) continue
      const { range } = statement.name
      statement.decorators = [Node.createDecorator(Node.createIdentifierExpression('inline', range), null, range)]
    }
  }
  if (missing.size > 0) throw new Error(`the kernel has no function ${[...missing].join(', ')}`)
}
