// Makes the captures and key logs beside it: OpenSSL's s_server and s_client hold an SMTP dialogue on loopback, once for
// every cipher suite and every turn that a handshake can take, while tcpdump writes. Needs root, openssl and tcpdump.
//   node test/tls/record.mjs [name…]
import { spawn, spawnSync } from 'node:child_process'
import { appendFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const folder = fileURLToPath(new URL('captures/', import.meta.url))
const work = mkdtempSync(join(tmpdir(), 'tls-'))
const PORT = '44465'
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms))

const tls12 = (cipher, ...more) => ({
  both: ['-tls1_2', '-cipher', `${cipher}:@SECLEVEL=0`],
  ...Object.assign({}, ...more),
})
const tls13 = (suite, ...more) => ({ both: ['-tls1_3', '-ciphersuites', suite], ...Object.assign({}, ...more) })
const withoutEtm = { options: '-EncryptThenMac' }
const twice = { connections: 2 }

const SCENARIOS = {
  'tls13-aes128-gcm': tls13('TLS_AES_128_GCM_SHA256', { octets: 40_000 }),
  'tls13-aes256-gcm': tls13('TLS_AES_256_GCM_SHA384'),
  'tls13-chacha20': tls13('TLS_CHACHA20_POLY1305_SHA256'),
  'tls13-aes128-ccm': tls13('TLS_AES_128_CCM_SHA256'),
  'tls13-aes128-ccm8': tls13('TLS_AES_128_CCM_8_SHA256'),
  'tls13-key-update': tls13('TLS_AES_128_GCM_SHA256', { press: 'K' }),
  'tls13-retry': tls13('TLS_AES_128_GCM_SHA256', { server: ['-groups', 'P-384'], client: ['-groups', 'X25519:P-384'] }),
  'tls13-resumed': tls13('TLS_AES_256_GCM_SHA384', twice),
  'tls13-early-data': tls13('TLS_AES_128_GCM_SHA256', twice, { early: true, server: ['-early_data'] }),
  'tls13-early-data-refused': tls13('TLS_AES_128_GCM_SHA256', twice, {
    early: true,
    refused: true,
    server: ['-early_data'],
  }),
  'tls12-ecdhe-aes128-gcm': tls12('ECDHE-RSA-AES128-GCM-SHA256', { octets: 40_000 }),
  'tls12-ecdhe-aes256-gcm': tls12('ECDHE-RSA-AES256-GCM-SHA384'),
  'tls12-dhe-aes128-gcm': tls12('DHE-RSA-AES128-GCM-SHA256'),
  'tls12-dhe-aes256-gcm': tls12('DHE-RSA-AES256-GCM-SHA384'),
  'tls12-dhe-chacha20': tls12('DHE-RSA-CHACHA20-POLY1305'),
  'tls12-dhe-aes128-ccm': tls12('DHE-RSA-AES128-CCM'),
  'tls12-dhe-aes256-cbc-sha1': tls12('DHE-RSA-AES256-SHA', withoutEtm),
  'tls12-dhe-aes128-cbc-sha256-etm': tls12('DHE-RSA-AES128-SHA256'),
  'tls12-rsa-aes128-gcm': tls12('AES128-GCM-SHA256'),
  'tls12-rsa-without-ems': tls12('AES256-GCM-SHA384', { options: '-ExtendedMasterSecret' }),
  'tls12-chacha20': tls12('ECDHE-RSA-CHACHA20-POLY1305'),
  'tls12-aes128-ccm': tls12('AES128-CCM'),
  'tls12-aes256-ccm': tls12('AES256-CCM'),
  'tls12-aes128-ccm8': tls12('AES128-CCM8'),
  'tls12-aes256-ccm8': tls12('AES256-CCM8'),
  'tls12-aes128-cbc-sha1': tls12('ECDHE-RSA-AES128-SHA', withoutEtm),
  'tls12-aes128-cbc-sha1-etm': tls12('AES128-SHA'),
  'tls12-aes256-cbc-sha1-etm': tls12('AES256-SHA'),
  'tls12-aes128-cbc-sha256': tls12('ECDHE-RSA-AES128-SHA256', withoutEtm),
  'tls12-aes256-cbc-sha256': tls12('AES256-SHA256', withoutEtm),
  'tls12-aes256-cbc-sha256-etm': tls12('AES256-SHA256'),
  'tls12-aes256-cbc-sha384': tls12('ECDHE-RSA-AES256-SHA384', withoutEtm, { octets: 40_000 }),
  'tls12-aes256-cbc-sha384-etm': tls12('ECDHE-RSA-AES256-SHA384'),
  'tls12-resumed-by-ticket': tls12('ECDHE-RSA-AES128-GCM-SHA256', twice),
  'tls12-resumed-by-id': tls12('ECDHE-RSA-AES128-GCM-SHA256', twice, {
    server: ['-no_ticket'],
    client: ['-no_ticket'],
  }),
  'tls12-renegotiated': tls12('ECDHE-RSA-AES128-GCM-SHA256', { press: 'R', server: ['-client_renegotiation'] }),
}

/** A process, what it has said so far, and a wait until that ends in a text. */
function start(words, env = {}) {
  const child = spawn('openssl', words, { env: { ...process.env, ...env } })
  const peer = { child, said: '' }
  child.stdout.on('data', (data) => {
    peer.said += data.toString('latin1')
  })
  child.stderr.on('data', () => {})
  child.stdin.on('error', () => {})
  peer.hears = async (text) => {
    for (let i = 0; i < 300; i++) {
      const at = peer.said.indexOf(text)
      if (at >= 0) {
        peer.said = peer.said.slice(at + text.length)
        return
      }
      await pause(20)
    }
    throw new Error(`${words[0]} never heard ${JSON.stringify(text)}, but ${JSON.stringify(peer.said.slice(-300))}`)
  }
  peer.says = (text) => child.stdin.write(text)
  return peer
}

/** Small letters where a capital is a command to s_client. */
async function dialogue(server, client, { octets = 3000, press }, early) {
  server.says('220 mail.example.net ESMTP\r\n')
  await client.hears('220 mail.example.net ESMTP')
  if (!early) client.says('EHLO client.example.com\r\n')
  await server.hears('EHLO client.example.com')
  server.says('250-mail.example.net\r\n250 PIPELINING\r\n')
  await client.hears('250 PIPELINING')
  if (press !== undefined) {
    client.says(`${press}\n`)
    await pause(300)
  }
  client.says('mail from:<a@example.org>\r\nrcpt to:<b@example.org>\r\ndata\r\n')
  await server.hears('data\r\n')
  server.says('250 2.1.0 ok\r\n250 2.1.5 ok\r\n354 go ahead\r\n')
  await client.hears('354 go ahead')
  const line = `${'the quick brown fox jumps over the lazy dog '.slice(0, 48)}\r\n`
  client.says(`subject: x\r\n\r\n${line.repeat(octets / line.length)}.\r\n`)
  await server.hears('\r\n.\r\n')
  server.says('250 2.0.0 queued\r\n')
  await client.hears('250 2.0.0 queued')
  client.says('quit\r\n')
  await server.hears('quit\r\n')
  server.says('221 2.0.0 bye\r\n')
  await client.hears('221 2.0.0 bye')
}

async function connection(scenario, name, number, server) {
  const { both = [], client: forClient = [], early, refused, options } = scenario
  const resumes = number > 1
  const session = join(work, `${name}.session`)
  const log = join(work, `${name}.keylog`)
  const sends = early && resumes
  if (sends) writeFileSync(join(work, 'early'), 'EHLO client.example.com\r\n')
  const configuration = join(work, 'client.cnf')
  const lines = ['openssl_conf = a', '[a]', 'ssl_conf = b', '[b]', 'system_default = c', '[c]', `Options = ${options}`]
  writeFileSync(configuration, options === undefined ? '' : lines.join('\n'))
  const client = start(
    [
      ...['s_client', '-connect', `127.0.0.1:${PORT}`, '-keylogfile', log, ...both, ...forClient],
      ...(scenario.connections > 1 ? [resumes ? '-sess_in' : '-sess_out', session] : []),
      ...(sends ? ['-early_data', join(work, 'early')] : []),
    ],
    { OPENSSL_CONF: configuration },
  )
  try {
    await client.hears('---\n')
    await pause(200)
    await dialogue(server, client, scenario, sends && !refused)
  } finally {
    client.child.stdin.end()
    await pause(200)
    client.child.kill()
    await pause(100)
  }
}

/** Two connections share a server, or its tickets would be worth nothing: which is how early data comes to be refused. */
async function connections(scenario, name) {
  const words = ['s_server', '-accept', PORT, '-key', `${work}/key.pem`, '-cert', `${work}/cert.pem`]
  let server = null
  for (let number = 1; number <= (scenario.connections ?? 1); number++) {
    if (server === null) {
      server = start([...words, ...(scenario.both ?? []), ...(scenario.server ?? [])])
      await server.hears('ACCEPT')
    }
    try {
      await connection(scenario, name, number, server)
    } catch (error) {
      server.child.kill()
      throw error
    }
    if (!scenario.refused) continue
    server.child.kill()
    server = null
    await pause(200)
  }
  server?.child.kill()
  await pause(100)
}

async function record(name, scenario) {
  const capture = join(folder, `${name}.pcap`)
  const log = join(work, `${name}.keylog`)
  appendFileSync(log, '')
  const tcpdump = spawn(
    'tcpdump',
    ['-i', 'lo', '-U', '--immediate-mode', '-s', '0', '-w', capture, 'tcp', 'port', PORT],
    { stdio: 'ignore' },
  )
  await pause(700)
  try {
    await connections(scenario, name)
  } finally {
    await pause(300)
    tcpdump.kill('SIGINT')
    await pause(300)
  }
  const lines = readFileSync(log, 'latin1')
    .split('\n')
    .filter((line) => !line.startsWith('#') && !line.startsWith('EXPORTER'))
  writeFileSync(join(folder, `${name}.keylog`), lines.join('\n'))
}

spawnSync('openssl', [
  'req',
  '-x509',
  '-newkey',
  'rsa:2048',
  '-nodes',
  '-keyout',
  `${work}/key.pem`,
  '-out',
  `${work}/cert.pem`,
  '-subj',
  '/CN=mail.example.net',
  '-days',
  '3650',
])
if (!existsSync(folder)) mkdirSync(folder)
const wanted = process.argv.slice(2)
for (const [name, scenario] of Object.entries(SCENARIOS)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue
  try {
    await record(name, scenario)
    console.log(name)
  } catch (error) {
    console.error(`${name}: ${error.message}`)
    process.exitCode = 1
  }
}
rmSync(work, { recursive: true })
