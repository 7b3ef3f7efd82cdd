// Measurements -> the first part of docs/performance.md.

/** The heading at which the handwritten part begins. */
export const MARK = '## Memory'

const million = (n) => (n / 1e6).toFixed(2)
const seconds = (s) => `${s.toFixed(2)} s`
const times = (n) => n.toFixed(n < 10 ? 2 : 0)

export function document({ machine, runs, threads, results, ...parts }) {
  const { small, peers, growth, formats, limits, gc, tls, large } = parts
  const paragraphs = [
    `# Performance

\`npm run bench\` generates captures from a seed into \`node_modules/.cache/bench\`. It runs \`check\` as a whole process and
\`tcpdump -r F -w /dev/null 'tcp port 25'\`, which only copies packets, in turn, and prints the medians of ${runs} runs: the
processor time (user and system) and the wall clock. Compare the ratios, not the seconds. Arguments name captures and parts;
\`--scale\` sets the size of captures, \`--runs\` the number of runs, \`--large\` adds one of 5 GB; \`--json\` prints JSON, \`--write\`
writes this page.

${machine}. Ratios are relative to the copy; memory is that of one thread:`,
    results.length > 0 && captures(results, threads),
    besidePackets(results),
    small && smallCaptures(small),
    peers && besidePeers(peers),
    growth &&
      `Ten times the packets of \`env\` take ${growth.ratio.toFixed(1)} times as long (${seconds(growth.once)}, ${seconds(growth.tenfold)}).`,
    large && `${(large.megabytes / 1000).toFixed(1)} GB of \`env\` need ${large.peak.toFixed(0)} MB.`,
    formats &&
      `\`--format ndjson\` of every session takes ${formats.ndjson.toFixed(1)} times as long as the table, \`triage\` ${formats.triage.toFixed(1)} times.`,
    gc &&
      `From reader to chunks, ${(gc.packets / 1e6).toFixed(0)} million packets in order cost ${gc.collections} garbage collection${gc.collections === 1 ? '' : 's'}.`,
    tls && besideCipher(tls),
    limits && atLimits(limits),
  ]
  return `${paragraphs.filter(Boolean).join('\n\n')}\n`
}

function table(head, rows) {
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n')
}

function captures(results, threads) {
  const head = ['capture', 'size, packets', 'copy', '1 thread', 'ratio', 'wall', 'ratio']
  const wide = [`${threads} threads, wall`, 'ratio', 'M packets/s', 'MB/s', 'memory']
  const rows = results.map((r) => [
    `${r.capture}: ${r.what}`,
    `${r.megabytes.toFixed(0)} MB, ${million(r.packets)} M`,
    seconds(r.tcpdump.cpu),
    seconds(r.one.cpu),
    times(r.one.cpuRatio),
    seconds(r.one.wall),
    times(r.one.wallRatio),
    seconds(r.all.wall),
    times(r.all.wallRatio),
    million(r.packets / r.one.cpu),
    (r.megabytes / r.one.cpu).toFixed(0),
    `${r.peak.toFixed(0)} MB`,
  ])
  return table([...head, ...wide], rows)
}

function besidePackets(results) {
  const per = (name) => {
    const found = results.find((r) => r.capture === name)
    return found && found.one.cpu / found.packets
  }
  const env = per('env')
  const others = ['lossy', 'faulty'].filter((name) => per(name) !== undefined)
  if (env === undefined || others.length === 0) return null
  return `A packet of ${others.map((name) => `\`${name}\` takes ${(per(name) / env).toFixed(2)} times`).join(', of ')} as long as one of \`env\`.`
}

function smallCaptures({ megabytes, nothing, slice, sample }) {
  const milliseconds = (s) => `${(s * 1000).toFixed(0)} ms`
  const row = (what, { cpu, cpuRatio, wall, wallRatio }) => [
    ...[what, milliseconds(cpu), times(cpuRatio), milliseconds(wall), times(wallRatio)],
  ]
  return `Small captures, beside a process that does nothing:

${table(
  ['', 'processor', 'ratio', 'wall', 'ratio'],
  [
    row('`node -e 0`', nothing),
    row('`check samples/frontbridge.pcap`', sample),
    row(`\`check\` of ${megabytes.toFixed(0)} MB of \`env\``, slice),
  ],
)}`
}

function besidePeers({ ours, peers }) {
  if (peers.length === 0) return null
  const row = (what, does, { cpu, cpuRatio, wall, wallRatio }) => [
    ...[what, does, seconds(cpu), times(cpuRatio), seconds(wall), times(wallRatio)],
  ]
  return `Other programs on 20 MB of \`env\` (134,000 packets), in turn with \`check\`:

${table(
  ['', 'does', 'processor', 'ratio', 'wall', 'ratio'],
  [row('pipelint check', 'judges every session', ours), ...peers.map((peer) => row(peer.tool, peer.does, peer))],
)}`
}

function besideCipher({ decrypted, judged, cipher, ratio }) {
  const rate = (bytes) => `${Math.round(bytes / 1e6)} MB/s`
  return `For one large message under TLS_AES_128_GCM_SHA256, node:crypto alone decrypts ${rate(cipher)} of processor time. The
\`tls\` layer decrypts ${rate(decrypted)} (${ratio.decrypted.toFixed(1)} times as long), and \`check\` reads the whole capture at ${rate(judged)} (${ratio.judged.toFixed(1)} times as long).`
}

function atLimits(limits) {
  return `Captures that reach limits, one thread:

${table(
  ['capture', 'size', 'processor', 'wall', 'memory'],
  limits.map(({ what, megabytes, cpu, wall, peak }) => [
    ...[what, `${megabytes.toFixed(0)} MB`, seconds(cpu), seconds(wall), `${peak.toFixed(0)} MB`],
  ]),
)}`
}
