// The compiled kernel: its functions, and its memory. `kernel/` has the source; all numbers are as documented there.
import { kernelMemory, kernelModule } from '../host/kernel-module.ts'

/** What the kernel exports. Numbers that change are read through `value`. */
export interface KernelExports {
  readonly leaving: { readonly value: number }
  readonly latest: { readonly value: number }
  readonly sessionPackets: { readonly value: number }
  readonly silentPeak: { readonly value: number }
  readonly silentCount: { readonly value: number }
  readonly spokenCount: { readonly value: number }
  readonly spokenPeak: { readonly value: number }
  readonly sessionCount: { readonly value: number }
  readonly sessionPeak: { readonly value: number }
  readonly endedCount: { readonly value: number }
  readonly MEMORY_BYTES: { readonly value: number }
  readonly PORTS: { readonly value: number }
  readonly ASKED: { readonly value: number }
  readonly WALKED: { readonly value: number }
  readonly ENDED: { readonly value: number }
  readonly ENDED_BYTES: { readonly value: number }
  readonly WINDOWS: { readonly value: number }
  readonly SUMS: { readonly value: number }
  readonly SUM_BYTES: { readonly value: number }
  readonly SUMS_MAX: { readonly value: number }
  readonly summed: { readonly value: number }
  readonly WINDOWS_MAX: { readonly value: number }
  readonly WINDOW_BYTES: { readonly value: number }
  clear(): void
  set(sequences: boolean, dialogues: boolean, openings: boolean, packets: boolean): void
  setCheckpointEvery(packets: number): void
  setLinkType(type: number): void
  setSilentElsewhere(count: number, since: number): void
  forgetSilent(before: number): number
  setShare(from: number, to: number): void
  setSpokenMax(count: number): void
  setEngineDue(timeNs: number, frame: number): void
  setSessionsElsewhere(count: number): void
  take(at: number, length: number, frame: number, timeNs: number): number
  setFile(
    isBigEndian: boolean,
    nsPerUnit: number,
    unitsPerSecond: number,
    lengthMax: number,
    baseSeconds: number,
    baseNs: number,
  ): void
  setSection(
    isBigEndian: boolean,
    nsPerUnit: number,
    unitsPerSecond: number,
    interfaceIndex: number,
    offsetSeconds: number,
    baseSeconds: number,
    baseNs: number,
  ): void
  walk(
    at: number,
    end: number,
    frame: number,
    timeNs: number,
    seconds: number,
    untilNs: number,
    untilFrame: number,
  ): number
  noteWalked(): void
  takeDecoded(isIpv6: boolean, flags: number, seq: number, length: number, frame: number, timeNs: number): number
  handOver(connection: number): number
  beginPackets(connection: number): void
  nextPacket(): number
  release(connection: number): void
  openBehind(connection: number): number
  firstFrameOf(connection: number): number
  isHeld(connection: number): number
  firstClosedFrame(): number
  firstClosedNs(): number
  firstEndingConnection(): number
  firstSession(closedBefore: number, openedBefore: number): number
  firstWaitingFrame(): number
  lateConnection(nowNs: number, frame: number): number
  vacate(from: number, to: number): number
  claim(isIpv6: boolean): number
  unclaim(isIpv6: boolean): number
  passTime(nowNs: number, frame: number): void
  readonly passedNs: { readonly value: number }
  readonly passedFrame: { readonly value: number }
  readonly isSteady: { readonly value: number }
  readonly earliestNs: { readonly value: number }
  readonly latestNs: { readonly value: number }
  noteTime(timeNs: number): void
  placeOfAsked(isIpv6: boolean): number
  flowBehind(row: number): number
  describeFlow(row: number): number
  forgetEnded(): void
  forgetSums(): void
  setOnlySums(only: boolean): void
  describeSequence(node: number): number
  isLaidOut(): number
}

/** What the kernel asks. */
export interface KernelHost {
  readText(place: number, at: number, length: number, kind: number): number
  noteOpening(seq: number, frame: number, timeNs: number): void
  wantsDialogue(frame: number): boolean
  readPackets(connection: number): boolean
  hasKeys(): boolean
}

/** A question of the kernel could not be answered. */
export class KernelError extends Error {}

/** Whether the kernel failed, and not what it was called from. */
export function isKernelFailure(error: unknown): boolean {
  return error instanceof KernelError || error instanceof WebAssembly.RuntimeError
}

const PAGE = 65_536
/** Pages of the memory: as the build says. */
const PAGES = 2880

let compiled: WebAssembly.Module | null = null
/** Kernels that no analysis uses. */
const idle: Kernel[] = []

export class Kernel {
  readonly bytes: Uint8Array
  readonly numbers: Int32Array
  readonly times: Float64Array
  readonly exports: KernelExports
  /** Who answers the questions of the kernel: the analysis that uses it. */
  host: KernelHost | null = null
  /** How many windows were used. */
  private windows = 0

  /** The kernel as compiled: what one thread has compiled another can use. */
  static get module(): WebAssembly.Module {
    compiled ??= kernelModule()
    return compiled
  }

  static set module(module: WebAssembly.Module) {
    compiled = module
  }

  /** A kernel for one analysis at a time. `release` gives it back. */
  static take(host: KernelHost): Kernel {
    const kernel = Kernel.reserve()
    kernel.begin(host)
    return kernel
  }

  /** A kernel for several analyses, one after the other, each of which begins by itself. */
  static reserve(): Kernel {
    return idle.pop() ?? new Kernel()
  }

  /** Another analysis uses it. What lies in the windows stays there. */
  begin(host: KernelHost): void {
    this.host = host
    this.exports.clear()
  }

  /** The window that was used longest ago. `size`: that of all, at most KERNEL_WINDOW_BYTES. */
  nextWindow(size: number): Uint8Array {
    const { exports, bytes } = this
    const at = exports.WINDOWS.value + (this.windows++ % exports.WINDOWS_MAX.value) * size
    return new Uint8Array(bytes.buffer, at, size)
  }

  private constructor() {
    const memory = kernelMemory(PAGES)
    const host: KernelHost = {
      readText: (place, at, length, kind) => this.ask((host) => host.readText(place, at, length, kind)),
      noteOpening: (seq, frame, timeNs) => this.ask((host) => host.noteOpening(seq >>> 0, frame, timeNs)),
      hasKeys: () => this.ask((host) => host.hasKeys()),
      wantsDialogue: (frame) => this.ask((host) => host.wantsDialogue(frame)),
      readPackets: (connection) => this.ask((host) => host.readPackets(connection)),
    }
    const { exports } = new WebAssembly.Instance(Kernel.module, { env: { memory }, host: { ...host } })
    this.exports = exports as unknown as KernelExports
    this.bytes = new Uint8Array(memory.buffer)
    this.numbers = new Int32Array(memory.buffer)
    this.times = new Float64Array(memory.buffer)
    if (this.exports.MEMORY_BYTES.value > PAGES * PAGE || this.exports.isLaidOut() === 0) {
      throw new Error('the kernel does not fit into its memory')
    }
  }

  release(): void {
    this.host = null
    idle.push(this)
  }

  private ask<T>(question: (host: KernelHost) => T): T {
    try {
      if (this.host === null) throw new Error('no analysis uses the kernel')
      return question(this.host)
    } catch (error) {
      throw new KernelError('the kernel got no answer', { cause: error })
    }
  }
}
