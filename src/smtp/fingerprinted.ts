// Who reads the bytes of a connection -> the same, with the bytes fingerprinted on the way. The fingerprint of the session
// that ends is there when it is judged.
import type { SegmentView } from '../network/segment.ts'
import type { WholeReader } from '../stream/briefs.ts'
import type { ChunkView, Side, StreamConsumer } from '../stream/chunk.ts'
import type { Connection, ConnectionFacts, StreamNumber } from '../stream/connection.ts'
import { Fingerprinter, type SessionFingerprint } from './fingerprint.ts'

/** A fingerprint, and how TCP numbers the streams; side 0 opened the connection. */
export interface Fingerprint extends SessionFingerprint {
  readonly numbers: readonly [StreamNumber, StreamNumber]
}

/** The fingerprint of the session that is being judged; null where none are made. */
export class CurrentFingerprint {
  value: Fingerprint | null = null

  /** Judges a session that has this fingerprint. */
  with<T>(fingerprint: Fingerprint, judge: () => T): T {
    this.value = fingerprint
    const result = judge()
    this.value = null
    return result
  }
}

export class FingerprintedConsumer implements StreamConsumer {
  private readonly inner: StreamConsumer
  private readonly connection: Connection
  private readonly current: CurrentFingerprint
  private readonly fingerprinter = new Fingerprinter()

  constructor(inner: StreamConsumer, connection: Connection, current: CurrentFingerprint) {
    this.inner = inner
    this.connection = connection
    this.current = current
  }

  chunk(side: Side, chunk: ChunkView): boolean {
    this.fingerprinter.chunk(side, chunk)
    return this.inner.chunk(side, chunk)
  }

  end(): boolean {
    return this.current.with(taken(this.fingerprinter, this.connection), () => this.inner.end())
  }
}

export class FingerprintedReader implements WholeReader {
  private readonly inner: WholeReader
  private readonly current: CurrentFingerprint
  private readonly fingerprinter = new Fingerprinter()

  constructor(inner: WholeReader, current: CurrentFingerprint) {
    this.inner = inner
    this.current = current
  }

  get charge(): number {
    return this.inner.charge
  }

  wants(port: number): boolean {
    return this.inner.wants(port)
  }

  begins(side: Side, segment: SegmentView): boolean {
    return this.inner.begins(side, segment)
  }

  goesOn(side: Side, segment: SegmentView): boolean {
    return this.inner.goesOn(side, segment)
  }

  begin(): void {
    this.fingerprinter.begin()
    this.inner.begin()
  }

  chunk(side: Side, chunk: ChunkView): boolean {
    this.fingerprinter.chunk(side, chunk)
    return this.inner.chunk(side, chunk)
  }

  end(connection: ConnectionFacts): boolean {
    return this.current.with(taken(this.fingerprinter, connection), () => this.inner.end(connection))
  }
}

function taken({ fingerprint }: Fingerprinter, connection: ConnectionFacts): Fingerprint {
  return { ...fingerprint, numbers: [connection.streamOf(0), connection.streamOf(1)] }
}
