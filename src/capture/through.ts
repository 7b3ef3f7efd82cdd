// Chunks through a transforming stream of Node. What comes in: chunks, and the stream. What goes out: its chunks; an
// error of either ends them.
import { pipeline, Readable } from 'node:stream'

export async function* through(
  chunks: AsyncIterable<Uint8Array>,
  transform: NodeJS.ReadWriteStream,
): AsyncIterable<Uint8Array> {
  // An error reaches the loop below through the transform, which a pipeline destroys with it.
  pipeline(Readable.from(chunks, { objectMode: false }), transform, () => {})
  for await (const chunk of transform) yield chunk as Uint8Array
}
