// The end points of many sessions, `192.0.2.1:25`, in six bytes each: hosts are kept once.
const FEW = 1 << 10

export class EndpointTable {
  private readonly hosts: string[] = []
  private readonly known = new Map<string, number>()
  private host = new Uint32Array(FEW)
  private port = new Uint16Array(FEW)
  private size = 0
  /** The latest end point: nearly all sessions have the same server. */
  private latest = ''

  add(endpoint: string): void {
    if (this.size === this.host.length) {
      this.host = grown(this.host, new Uint32Array(roomFor(this.size)))
      this.port = grown(this.port, new Uint16Array(roomFor(this.size)))
    }
    if (endpoint === this.latest && this.size > 0) {
      this.host[this.size] = this.host[this.size - 1] as number
      this.port[this.size] = this.port[this.size - 1] as number
      this.size++
      return
    }
    this.latest = endpoint
    const colon = endpoint.lastIndexOf(':')
    const name = endpoint.slice(0, colon)
    let at = this.known.get(name)
    if (at === undefined) {
      at = this.hosts.push(name) - 1
      this.known.set(name, at)
    }
    this.host[this.size] = at
    this.port[this.size++] = Number(endpoint.slice(colon + 1))
  }

  at(i: number): string {
    return `${this.hosts[this.host[i] as number]}:${this.port[i]}`
  }
}

/** Half as much again: a column that doubles is half empty, and twice there while it is copied. */
export function roomFor(size: number): number {
  return size + (size >> 1)
}

export function grown<T extends Uint32Array | Uint16Array | Int32Array | Float64Array>(from: T, to: T): T {
  to.set(from)
  return to
}
