// For the compiler of the kernel: these functions are compiled into their callers. Each packet needs them, and V8 keeps
// nothing in registers across a call of WebAssembly. A decorator in their sources would say the same, but a decorator of
// a function is no TypeScript. Measured: a twentieth of the kernel's time.
import { Node } from 'assemblyscript'

const INLINED = [
  ...['decode/decode', 'decode/networkLayerAt', 'decode/behindProtocol'],
  ...['flows/find', 'flows/isOf'],
  'packets/addPacket',
  ...['index/take', 'segments/place'],
]

export function afterParse({ sources }) {
  const missing = new Set(INLINED)
  for (const { internalPath, statements } of sources) {
    for (const statement of statements) {
      const name = `${internalPath}/${statement.name?.text}`
      if (!missing.delete(name)) continue
      const { range } = statement.name
      statement.decorators = [Node.createDecorator(Node.createIdentifierExpression('inline', range), null, range)]
    }
  }
  if (missing.size > 0) throw new Error(`the kernel has no function ${[...missing].join(', ')}`)
}
