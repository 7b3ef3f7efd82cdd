// An IP packet -> the frame in which a tunnel, a tap or a rarer link shows it.
import { checksum } from './checksum.ts'

export interface Encapsulation {
  readonly linkType: number
  /** Whether the packet that it carries is IPv6. */
  readonly six?: true
  wrap(ip: Buffer, fromClient: boolean): Buffer
}

export const bytes = (...octets: number[]) => Buffer.from(octets)
export const join = (...parts: Uint8Array[]) => Buffer.concat(parts)

const CLIENT = [0x02, 0, 0x5e, 0, 0x53, 0x01]
const SERVER = [0x02, 0, 0x5e, 0, 0x53, 0x19]

export function ethernet(etherType: number, payload: Buffer, fromClient = true): Buffer {
  const addresses = fromClient ? [...SERVER, ...CLIENT] : [...CLIENT, ...SERVER]
  return join(bytes(...addresses, etherType >> 8, etherType & 0xff), payload)
}

/** The packet of the tunnel, between two routers that are none of the parties. */
export function outer(protocol: number, payload: Buffer, fromClient: boolean): Buffer {
  const header = Buffer.alloc(20)
  header[0] = 0x45
  header.writeUInt16BE(20 + payload.length, 2)
  header[8] = 255
  header[9] = protocol
  header.set(fromClient ? [10, 0, 0, 1, 10, 0, 0, 2] : [10, 0, 0, 2, 10, 0, 0, 1], 12)
  header.writeUInt16BE(checksum(header), 10)
  return ethernet(0x0800, join(header, payload), fromClient)
}

function outerSix(protocol: number, payload: Buffer, fromClient: boolean): Buffer {
  const header = Buffer.alloc(40)
  header[0] = 0x60
  header.writeUInt16BE(payload.length, 4)
  header[6] = protocol
  header[7] = 255
  header[23] = fromClient ? 1 : 2
  header[39] = fromClient ? 2 : 1
  return ethernet(0x86dd, join(header, payload), fromClient)
}

export function udp(port: number, payload: Buffer, fromClient: boolean): Buffer {
  const header = Buffer.alloc(8)
  header.writeUInt16BE(49_999, 0)
  header.writeUInt16BE(port, 2)
  header.writeUInt16BE(8 + payload.length, 4)
  return outer(17, join(header, payload), fromClient)
}

export function gre(flags: number, protocol: number, payload: Buffer, fromClient: boolean): Buffer {
  const options = [0x8000, 0x2000, 0x1000].filter((flag) => (flags & flag) !== 0).length * 4
  const header = Buffer.alloc(4 + options, 0x5a)
  header.writeUInt16BE(flags, 0)
  header.writeUInt16BE(protocol, 2)
  return outer(47, join(header, payload), fromClient)
}

const VXLAN = bytes(0x08, 0, 0, 0, 0, 0x13, 0x88, 0)
export const link = (linkType: number, wrap: Encapsulation['wrap']): Encapsulation => ({ linkType, wrap })
export const onEthernet = (wrap: Encapsulation['wrap']) => link(1, wrap)
const frame = (ip: Buffer, from: boolean) => ethernet(0x0800, ip, from)

export const LLC_SNAP = bytes(0xaa, 0xaa, 3, 0, 0, 0, 8, 0)
export const wireless = (control: number, flags: number, rest: number) =>
  join(bytes(control, flags, 0, 0, ...SERVER, ...CLIENT, ...SERVER, 0x10, 0), Buffer.alloc(rest))

const nflogField = (type: number, value: Buffer) => {
  const header = Buffer.alloc(4)
  header.writeUInt16LE(4 + value.length, 0)
  header.writeUInt16LE(type, 2)
  return join(header, value, Buffer.alloc(-value.length & 3))
}

function pktap(payload: Buffer): Buffer {
  const header = Buffer.alloc(108)
  header.writeUInt32LE(108, 0)
  header.writeUInt32LE(1, 4)
  header.writeUInt32LE(1, 8)
  header.write('en0', 12)
  return join(header, payload)
}

const ERSPAN_III = bytes(0x20, 10, 0, 1, 0, 0, 0, 9, 0, 0, 0, 0)
const ERSPAN_III_PLATFORM = bytes(0x20, 10, 0, 1, 0, 0, 0, 9, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0)

export const ENCAPSULATIONS = {
  mpls: onEthernet((ip, from) => ethernet(0x8847, join(bytes(0, 1, 0, 64, 0, 2, 1, 64), ip), from)),
  'mpls-pseudowire': onEthernet((ip, from) =>
    ethernet(0x8847, join(bytes(0, 2, 1, 64, 0, 0, 0, 0), frame(ip, from)), from),
  ),
  pppoe: onEthernet((ip, from) => ethernet(0x8864, join(bytes(0x11, 0, 0, 7, 0, ip.length + 2, 0, 0x21), ip), from)),
  '802.1ah': onEthernet((ip, from) => ethernet(0x88e7, join(bytes(0, 0, 0, 9), frame(ip, from)), from)),
  snap: onEthernet((ip, from) => ethernet(8 + ip.length, join(LLC_SNAP, ip), from)),
  gre: onEthernet((ip, from) => gre(0, 0x0800, ip, from)),
  'gre-options': onEthernet((ip, from) => gre(0xb000, 0x0800, ip, from)),
  'gre-ethernet': onEthernet((ip, from) => gre(0x2000, 0x6558, frame(ip, from), from)),
  'erspan-1': onEthernet((ip, from) => gre(0, 0x88be, frame(ip, from), from)),
  'erspan-2': onEthernet((ip, from) =>
    gre(0x1000, 0x88be, join(bytes(0x10, 10, 0, 1, 0, 0, 0, 0), frame(ip, from)), from),
  ),
  'erspan-3': onEthernet((ip, from) => gre(0x1000, 0x22eb, join(ERSPAN_III, frame(ip, from)), from)),
  'erspan-3-platform': onEthernet((ip, from) => gre(0x1000, 0x22eb, join(ERSPAN_III_PLATFORM, frame(ip, from)), from)),
  'ip-in-ip': onEthernet((ip, from) => outer(4, ip, from)),
  'ip-in-ipv6': onEthernet((ip, from) => outerSix(4, ip, from)),
  '6in4': { linkType: 1, six: true, wrap: (ip, from) => outer(41, ip, from) },
  vxlan: onEthernet((ip, from) => udp(4789, join(VXLAN, frame(ip, from)), from)),
  'vxlan-linux': onEthernet((ip, from) => udp(8472, join(VXLAN, frame(ip, from)), from)),
  geneve: onEthernet((ip, from) =>
    udp(6081, join(bytes(2, 0, 0x65, 0x58, 0, 0, 9, 0, 1, 2, 3, 1, 0, 0, 0, 0), frame(ip, from)), from),
  ),
  'gtp-u': onEthernet((ip, from) => udp(2152, join(bytes(0x30, 255, 0, ip.length & 0xff, 0, 0, 0, 1), ip), from)),
  'gtp-u-extension': onEthernet((ip, from) =>
    udp(2152, join(bytes(0x34, 255, 0, 8, 0, 0, 0, 1, 0, 0, 0, 0x85, 1, 0x10, 9, 0), ip), from),
  ),
  'vxlan-of-gre-of-mpls': onEthernet((ip, from) =>
    udp(4789, join(VXLAN, gre(0x2000, 0x8847, join(bytes(0, 2, 1, 64), ip), from)), from),
  ),
  ppp: link(9, (ip) => join(bytes(0xff, 3, 0, 0x21), ip)),
  'ppp-compressed': link(9, (ip) => join(bytes(0x21), ip)),
  'ppp-ether': link(51, (ip) => join(bytes(0x11, 0, 0, 7, 0, 0, 0, 0x21), ip)),
  'ppp-direction': link(204, (ip, from) => join(bytes(from ? 1 : 0, 0xff, 3, 0, 0x21), ip)),
  'cisco-hdlc': link(104, (ip) => join(bytes(0x0f, 0, 8, 0), ip)),
  'cisco-serial': link(50, (ip) => join(bytes(0x8f, 0, 8, 0), ip)),
  'raw-bsd': link(12, (ip) => ip),
  'raw-openbsd': link(14, (ip) => ip),
  'raw-ipv4': link(228, (ip) => ip),
  'raw-ipv6': { linkType: 229, six: true, wrap: (ip) => ip },
  '802.11': link(105, (ip) => join(wireless(0x08, 1, 0), LLC_SNAP, ip)),
  radiotap: link(127, (ip) =>
    // Time, flags that say the body is padded; a data frame with a service field.
    join(bytes(0, 0, 17, 0, 3, 0, 0, 0), Buffer.alloc(8), bytes(0x20), wireless(0x88, 2, 4), LLC_SNAP, ip),
  ),
  nflog: link(239, (ip) =>
    join(
      bytes(2, 0, 0, 1),
      nflogField(1, bytes(8, 0, 1, 0)),
      nflogField(10, bytes(0x61, 0)),
      nflogField(9, ip).subarray(0, 4 + ip.length),
    ),
  ),
  pflog: link(117, (ip) => join(bytes(61, 2, 0, 0), Buffer.alloc(60), ip)),
  pktap: link(258, (ip, from) => pktap(frame(ip, from))),
} as const satisfies Record<string, Encapsulation>

export type EncapsulationName = keyof typeof ENCAPSULATIONS
