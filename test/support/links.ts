// An IP packet -> the frame in which one of the rarer links, or a tag or tunnel that few networks use, shows it.
import {
  bytes,
  type Encapsulation,
  ethernet,
  gre,
  join,
  LLC_SNAP,
  link,
  onEthernet,
  outer,
  udp,
  wireless,
} from './encapsulations.ts'

const frame = (ip: Buffer, from: boolean) => ethernet(0x0800, ip, from)
const addresses = (from: boolean) => frame(Buffer.alloc(0), from).subarray(0, 12)

const fill = (length: number) => Buffer.alloc(length, 0x5a)
const NLPID_SNAP = bytes(0x80, 0, 0, 0, 8, 0)
const BRIDGED_1483 = bytes(0xaa, 0xaa, 3, 0, 0x80, 0xc2, 0, 7, 0, 0)

/** The header of Junos: with an extension of one octet, with a cookie, or without a link layer. */
const juniper = (flags: number, cookie: Buffer, payload: Buffer) =>
  join(bytes(0x4d, 0x47, 0x43, flags | 0x80, 0, 3, 6, 1, 14), cookie, payload)

const erf = (kind: number, payload: Buffer) => {
  const header = fill(16)
  header[8] = kind
  return join(header, payload)
}

export const RARE_LINKS = {
  'vn-tag': onEthernet((ip, from) => ethernet(0x8926, join(bytes(0x40, 1, 0, 2, 8, 0), ip), from)),
  'e-tag': onEthernet((ip, from) => ethernet(0x893f, join(bytes(0, 0, 0x10, 1, 0, 0, 8, 0), ip), from)),
  'macsec-authenticated': onEthernet((ip, from) =>
    ethernet(0x88e5, join(bytes(0x20, 0, 0, 0, 0, 9), fill(8), bytes(8, 0), ip, fill(16)), from),
  ),
  'service-path': onEthernet((ip, from) =>
    ethernet(0x894f, join(bytes(0x0f, 0xc6, 1, 3), fill(20), frame(ip, from)), from),
  ),
  'llc-ip': onEthernet((ip, from) => ethernet(3 + ip.length, join(bytes(6, 6, 3), ip), from)),
  'llc-iso': onEthernet((ip, from) => ethernet(4 + ip.length, join(bytes(0xfe, 0xfe, 3, 0xcc), ip), from)),
  'gre-wccp': onEthernet((ip, from) => gre(0, 0x883e, join(bytes(0, 0x50, 0, 0), ip), from)),
  authenticated: onEthernet((ip, from) => outer(51, join(bytes(4, 4, 0, 0), fill(20), ip), from)),
  'segment-ethernet': onEthernet((ip, from) => outer(143, frame(ip, from), from)),
  'vxlan-gpe': onEthernet((ip, from) => udp(4790, join(bytes(0x0c, 0, 0, 1, 0, 0, 9, 0), ip), from)),
  'vxlan-gpe-service-path': onEthernet((ip, from) =>
    udp(4790, join(bytes(0x0c, 0, 0, 4, 0, 0, 9, 0), bytes(0x0f, 0xc6, 1, 1), fill(20), ip), from),
  ),
  'mpls-in-udp': onEthernet((ip, from) => udp(6635, join(bytes(0, 2, 1, 64), ip), from)),
  lisp: onEthernet((ip, from) => udp(4341, join(fill(8), ip), from)),
  l2tp: onEthernet((ip, from) => udp(1701, join(bytes(0, 2, 0, 1, 0, 2, 0xff, 3, 0, 0x21), ip), from)),
  'l2tp-options': onEthernet((ip, from) =>
    udp(1701, join(bytes(0x4a, 2, 0, 0, 0, 1, 0, 2, 0, 3, 0, 4, 0, 2, 0x5a, 0x5a, 0x21), ip), from),
  ),
  teredo: { linkType: 1, six: true, wrap: (ip, from) => udp(3544, join(bytes(0, 0), fill(6), ip), from) },
  'teredo-authenticated': {
    linkType: 1,
    six: true,
    wrap: (ip, from) => udp(3544, join(bytes(0, 1, 2, 3), fill(14), bytes(0, 0), fill(6), ip), from),
  },
  'token-ring': link(6, (ip, from) => join(bytes(0x10, 0x40), addresses(from), LLC_SNAP, ip)),
  'token-ring-routed': link(6, (ip) =>
    join(bytes(0x10, 0x40), fill(6), bytes(0x82, 2, 3, 4, 5, 6), bytes(6, 0x30, 0, 1, 0, 2), LLC_SNAP, ip),
  ),
  'arcnet-bsd': link(7, (ip) => join(bytes(1, 2, 212, 0, 0, 9), ip)),
  'arcnet-old': link(7, (ip) => join(bytes(1, 2, 240), ip)),
  arcnet: link(129, (ip) => join(bytes(1, 2, 0, 0, 212, 0, 0, 9), ip)),
  'arcnet-exception': link(129, (ip) => join(bytes(1, 2, 0, 0, 212, 0xff, 0, 0, 0, 0, 0, 9), ip)),
  slip: link(8, (ip, from) => join(bytes(from ? 1 : 0, 0x40), fill(14), ip)),
  fddi: link(10, (ip, from) => join(bytes(0x54), addresses(from), LLC_SNAP, ip)),
  atm: link(100, (ip) => join(LLC_SNAP, ip)),
  'atm-bsd': link(11, (ip) => join(bytes(0xfe, 0xfe, 3, 0xcf, 0, 0x21), ip)),
  'atm-bridged': link(100, (ip, from) => join(BRIDGED_1483, frame(ip, from))),
  clip: link(106, (ip) => ip),
  'clip-linux': link(19, (ip) => join(LLC_SNAP, ip)),
  'clip-old': link(18, (ip) => ip),
  sunatm: link(123, (ip) => join(bytes(0x82, 0, 0, 100), LLC_SNAP, ip)),
  'sunatm-ethernet': link(123, (ip, from) => join(bytes(0x81, 0, 0, 100, 0, 9), frame(ip, from))),
  'frame-relay': link(107, (ip) => join(bytes(0x18, 0x41, 3, 0xcc), ip)),
  'frame-relay-padded': link(107, (ip) => join(bytes(0x18, 0x40, 0x41, 3, 0, 0xcc), ip)),
  'frame-relay-snap': link(107, (ip) => join(bytes(0x18, 0x40, 0x40, 0x41, 3, 0), NLPID_SNAP, ip)),
  'frame-relay-bridged': link(107, (ip, from) =>
    join(bytes(0x18, 0x41, 3, 0, 0x80, 0, 0x80, 0xc2, 0, 7), frame(ip, from)),
  ),
  'frame-relay-cisco': link(206, (ip, from) => join(bytes(from ? 1 : 0, 0x18, 0x41, 8, 0), ip)),
  enc: link(109, (ip) => join(bytes(2, 0, 0, 0), fill(8), ip)),
  'enc-other-order': link(109, (ip) => join(bytes(0, 0, 0, 2), fill(8), ip)),
  'ip-over-fibre-channel': link(122, (ip) => join(fill(16), LLC_SNAP, ip)),
  firewire: link(138, (ip) => join(fill(16), bytes(8, 0), ip)),
  infiniband: link(242, (ip) => join(fill(40), bytes(8, 0, 0, 0), ip)),
  ipnet: link(226, (ip) => join(bytes(1, 2), fill(22), ip)),
  'ipnet-ipv6': { linkType: 226, six: true, wrap: (ip) => join(bytes(1, 26), fill(22), ip) },
  'ppp-pppd': link(166, (ip, from) => join(bytes(from ? 1 : 0, 3, 0, 0x21), ip)),
  'cisco-hdlc-direction': link(205, (ip, from) => join(bytes(from ? 1 : 0, 0x0f, 0, 8, 0), ip)),
  'mpls-bare': link(219, (ip) => join(bytes(0, 1, 0, 64, 0, 2, 1, 64), ip)),
  prism: link(119, (ip) => join(fill(144), wireless(0x08, 1, 0), LLC_SNAP, ip)),
  avs: link(163, (ip) => join(bytes(0x80, 0x21, 0x10, 1, 0, 0, 0, 64), fill(56), wireless(0x08, 1, 0), LLC_SNAP, ip)),
  ppi: link(192, (ip) => join(bytes(0, 0, 12, 0, 101, 0, 0, 0), fill(4), ip)),
  'erf-ethernet': link(197, (ip, from) => erf(2, join(bytes(0, 0), frame(ip, from)))),
  'erf-extended': link(197, (ip, from) =>
    erf(0x8b, join(bytes(0x80), fill(7), bytes(0), fill(7), bytes(0, 0), frame(ip, from))),
  ),
  'erf-hdlc': link(197, (ip) => erf(1, join(bytes(0x0f, 0, 8, 0), ip))),
  'erf-ipv4': link(197, (ip) => erf(22, ip)),
  netanalyzer: link(240, (ip, from) => join(fill(4), frame(ip, from))),
  'netanalyzer-transparent': link(241, (ip, from) => join(fill(12), frame(ip, from))),
  'pktap-user': link(149, (ip) => join(bytes(12, 0, 0, 0, 1, 0, 0, 0, 101, 0, 0, 0), ip)),
  'switch-broadcom': link(281, (ip, from) => join(addresses(from), bytes(0x2c, 0, 0, 0x80, 8, 0), ip)),
  'switch-broadcom-in-front': link(282, (ip, from) => join(bytes(0, 0, 0x20, 5), frame(ip, from))),
  'switch-marvell': link(284, (ip, from) => join(addresses(from), bytes(0xc0, 0x0a, 0, 0, 8, 0), ip)),
  'switch-marvell-ethertype': link(285, (ip, from) =>
    join(addresses(from), bytes(0xda, 0xda, 0, 0, 0xc0, 0, 0, 0, 8, 0), ip),
  ),
  'switch-maxlinear': link(304, (ip, from) => join(addresses(from), bytes(0x88, 0xc3), fill(6), bytes(8, 0), ip)),
  'juniper-ethernet': link(178, (ip, from) => juniper(1, bytes(), frame(ip, from))),
  'juniper-ethernet-plain': link(178, (ip, from) => join(bytes(0x4d, 0x47, 0x43, 0), frame(ip, from))),
  'juniper-no-link': link(178, (ip) => juniper(2, fill(4), ip)),
  'juniper-pppoe': link(167, (ip, from) =>
    juniper(0, bytes(), ethernet(0x8864, join(bytes(0x11, 0, 0, 7, 0, 0, 0, 0x21), ip), from)),
  ),
  'juniper-ppp': link(179, (ip) => juniper(0, bytes(), join(bytes(0xff, 3, 0, 0x21), ip))),
  'juniper-frame-relay': link(180, (ip) => juniper(0, bytes(), join(bytes(0x18, 0x41, 3, 0xcc), ip))),
  'juniper-cisco-hdlc': link(181, (ip) => juniper(0, bytes(), join(bytes(0x0f, 0, 8, 0), ip))),
  'juniper-atm1': link(137, (ip) => juniper(0, bytes(0, 0, 0, 1), join(LLC_SNAP, ip))),
  'juniper-atm2': link(135, (ip) => juniper(0, fill(8), ip)),
  'juniper-ggsn': link(133, (ip) => juniper(0, fill(8), ip)),
  'juniper-services': link(136, (ip) => juniper(0, join(bytes(0x47), fill(7)), ip)),
  'juniper-monitor': link(164, (ip) => juniper(0, fill(8), ip)),
} as const satisfies Record<string, Encapsulation>

export type RareLinkName = keyof typeof RARE_LINKS
