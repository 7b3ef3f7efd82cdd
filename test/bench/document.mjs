// Measurements -> the first part of docs/performance.md.

/** The heading at which the handwritten part begins. */
export const MARK = '## Memory'

const million = (n) => (n / 1e6).toFixed(2)

export function document({ machine, runs, threads, results, tshark, growth, formats, startUp, gc, tls, large }) {
  const paragraphs = [
    `# Performance

\`npm run bench\` generates captures from a seed into \`node_modules/.cache/bench\`. It runs \`check\` as a whole process and
\`tcpdump -r F -w /dev/null 'tcp port 25'\`, which only copies packets, in turn, and prints the medians of ${runs} runs. Compare the
ratios, not the seconds. Arguments name captures; \`--scale\` sets their size, \`--runs\` the number of runs, \`--large\` adds one
of 5 GB; \`--json\` prints JSON, \`--write\` writes this page.

${machine}. Ratios are relative to the copy; memory is that of one thread:`,
    table(results, threads),
    besidePackets(results),
    tshark &&
      `On the first ${(tshark.packets / 1e3).toFixed(0)},000 packets of \`env\`, \`tshark -Y smtp -T fields\` takes ${tshark.tshark.toFixed(1)} s, ${tshark.ratio.toFixed(0)} times as long as
\`check\` with one thread.`,
    growth &&
      `Ten times the packets of \`env\` take ${growth.ratio.toFixed(1)} times as long (${growth.once.toFixed(2)} s, ${growth.tenfold.toFixed(2)} s).`,
    large && `${(large.megabytes / 1000).toFixed(1)} GB of \`env\` need ${large.peak.toFixed(0)} MB.`,
    formats &&
      `\`--format ndjson\` of every session takes ${formats.ndjson.toFixed(1)} times as long as the table, \`triage\` ${formats.triage.toFixed(1)} times.`,
    startUp &&
      `Checking \`samples/frontbridge.pcap\` takes ${(startUp.sample * 1000).toFixed(0)} ms, ${startUp.ratio.toFixed(1)} times as long as \`node -e 0\`.`,
    gc &&
      `From reader to chunks, ${(gc.packets / 1e6).toFixed(0)} million packets in order cost ${gc.collections} garbage collection${gc.collections === 1 ? '' : 's'}.`,
    tls && besideCipher(tls),
  ]
  return `${paragraphs.filter(Boolean).join('\n\n')}\n`
}

function table(results, threads) {
  const head = [
    'capture',
    'size, packets',
    'copy',
    '1 thread',
    'ratio',
    `${threads} threads`,
    'ratio',
    'M packets/s',
    'MB/s',
    'memory',
  ]
  const rows = results.map((r) => [
    `${r.capture}: ${r.what}`,
    `${r.megabytes.toFixed(0)} MB, ${million(r.packets)} M`,
    `${r.tcpdump.seconds.toFixed(2)} s`,
    `${r.one.seconds.toFixed(2)} s`,
    r.one.ratio.toFixed(1),
    `${r.all.seconds.toFixed(2)} s`,
    r.all.ratio.toFixed(1),
    million(r.packets / r.one.seconds),
    (r.megabytes / r.one.seconds).toFixed(0),
    `${r.peak.toFixed(0)} MB`,
  ])
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n')
}

function besidePackets(results) {
  const per = (name) => {
    const found = results.find((r) => r.capture === name)
    return found && found.one.seconds / found.packets
  }
  const env = per('env')
  const others = ['lossy', 'faulty'].filter((name) => per(name) !== undefined)
  if (env === undefined || others.length === 0) return null
  return `A packet of ${others.map((name) => `\`${name}\` takes ${(per(name) / env).toFixed(2)} times`).join(', of ')} as long as one of \`env\`.`
}

function besideCipher({ decrypted, judged, cipher, ratio }) {
  const rate = (bytes) => `${Math.round(bytes / 1e6)} MB/s`
  return `For one large message under TLS_AES_128_GCM_SHA256, node:crypto alone decrypts ${rate(cipher)} of processor time. The
\`tls\` layer decrypts ${rate(decrypted)} (${ratio.decrypted.toFixed(1)} times as long), and \`check\` reads the whole capture at ${rate(judged)} (${ratio.judged.toFixed(1)} times as long).`
}
