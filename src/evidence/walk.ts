// Captures -> their packets once more, numbered and timed as the analysis did. What could not be read then is passed
// over now: it has been said.
import type { TimeBase } from '../capture/clock.ts'
import { inOrderOfTime } from '../capture/order.ts'
import type { PacketView } from '../capture/packet.ts'
import { Timeline } from '../capture/timeline.ts'

/** `visit` sees every packet; `between` is awaited before more is read. */
export async function eachPacket(
  captures: readonly string[],
  visit: (packet: PacketView, base: TimeBase) => void,
  between: () => Promise<void> = async () => {},
): Promise<void> {
  const timeline = new Timeline(await inOrderOfTime(captures))
  try {
    while (await timeline.refill()) {
      while (timeline.next()) visit(timeline.packet, timeline.base ?? { seconds: 0, nanoseconds: 0 })
      await between()
    }
  } finally {
    await timeline.close()
  }
}
