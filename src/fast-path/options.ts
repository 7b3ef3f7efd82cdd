// What the analysis wants of its fast path.
import type { Share } from '../tcp/share.ts'
import type { SliceSetting } from '../tcp/slice-state.ts'
import type { NotedOpenings } from '../tcp/timestamps.ts'
import type { Kernel } from './kernel.ts'

export interface FastPathOptions {
  /** Where SMTP is spoken. */
  readonly ports: ReadonlySet<number>
  /** Command sequences are counted. */
  readonly sequences: boolean
  /** Some dialogues are wanted. */
  readonly dialogues: boolean
  /** Whether TLS may be decrypted by now. */
  readonly hasKeys: () => boolean
  /** The kernel has failed with this packet: a defect of this program. */
  readonly onFailure: (error: unknown, frame: number) => void
  /** The captures are read into the windows of this kernel; null: into those of one that no other analysis uses. */
  readonly kernel: Kernel | null
  readonly slice: SliceSetting | null
  /** Fingerprints are wanted: receives the segments of connections that go to the engine. Null: they are not. */
  readonly openings: NotedOpenings | null
  /** The share of the connections that is followed; null: all. */
  readonly share: Share | null
}
