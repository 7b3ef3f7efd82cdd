// Captures -> their packets once more, numbered and timed as the analysis did. What could not be read then is passed
// over now: it has been said.
import type { TimeBase } from '../capture/clock.ts'
import type { PacketView } from '../capture/packet.ts'
import { CaptureReader } from '../capture/reader.ts'
import { openFile } from '../capture/source.ts'
import { CaptureError } from '../problems.ts'

/** `visit` sees every packet; `between` is awaited before more is read. */
export async function eachPacket(
  captures: readonly string[],
  visit: (packet: PacketView, base: TimeBase) => void,
  between: () => Promise<void> = async () => {},
): Promise<void> {
  let base: TimeBase | null = null
  let packets = 0
  for (const path of captures) {
    const source = await openFile(path)
    try {
      const reader: CaptureReader = await CaptureReader.open(source, base, packets + 1)
      do {
        while (reader.next()) {
          packets += 1
          base ??= reader.base
          visit(reader.packet, base ?? { seconds: 0, nanoseconds: 0 })
        }
        await between()
      } while (await reader.refill())
    } catch (error) {
      if (!(error instanceof CaptureError)) throw error
    } finally {
      await source.close()
    }
  }
}
