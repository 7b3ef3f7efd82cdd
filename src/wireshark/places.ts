// Frame numbers as the Lua program reads them: relative to the frame at which they stand, and with the capture where
// several were read. There 0 is the same capture, and a number above that of the captures says that it is not known.
import type { FrameMap, FramePlace } from '../capture/frame-map.ts'
import { digits, signedDigits } from './digits.ts'

export class Places {
  readonly captures: number
  private readonly frames: FrameMap

  /** `captures`: their number. `frames` is asked only where there are several. */
  constructor(captures: number, frames: FrameMap) {
    this.captures = captures
    this.frames = frames
  }

  placeOf(frame: number): FramePlace | null {
    return this.captures > 1 ? this.frames.placeOf(frame) : { capture: 0, frame }
  }

  /** `own`: the place at which the reference stands; null where it has none. */
  reference(frame: number, own: FramePlace | null): string {
    const place = this.placeOf(frame)
    if (this.captures === 1) return signedDigits(frame - (own?.frame ?? 0))
    if (place === null) return digits(this.captures + 1) + digits(0)
    if (place.capture === own?.capture) return digits(0) + signedDigits(place.frame - own.frame)
    return digits(place.capture + 1) + digits(place.frame)
  }
}
