// What users get: the packed tarball, installed as they would, is small, runs, and says what `cluster` lacks.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { FOR_CLUSTER, FOR_S3, withPackages } from '../src/cluster/optional-packages.ts'
import { UsageError } from '../src/errors.ts'
import { isWindows, needsRegistry } from './support/peer.ts'

const PACKAGES_MAX = 20
/** With the page, which is 0.8 MB. */
const BYTES_MAX = 5_750_000

const root = fileURLToPath(new URL('..', import.meta.url))
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))

function npm(...words: string[]): string {
  const { status, stdout, stderr } = spawnSync('npm', words, { cwd: root, encoding: 'utf8', shell: isWindows })
  if (status !== 0) throw new Error(`npm ${words.join(' ')}: ${stderr}`)
  return stdout.trim()
}

/** Licences that ask for nothing but their own text. */
const PERMISSIVE = /^(?:MIT|ISC|0BSD|BSD-[23]-Clause|Apache-2\.0)$/

test('what is bundled into the page is under permissive licences', () => {
  const page = readFileSync(join(root, 'dist/pipelint.html'), 'utf8')
  const inside = ['@noble/ciphers', '@noble/hashes', 'fzstd', 'pako', 'preact']
  for (const name of inside) {
    const { version, license } = JSON.parse(readFileSync(join(root, 'node_modules', name, 'package.json'), 'utf8'))
    expect(license).toMatch(/^(?:MIT|\(MIT AND Zlib\))$/)
    expect(page).toContain(`${name} ${version}`)
  }
})

test('what users install is under permissive licences, and runs no script when it is installed', () => {
  const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'))
  const packages: [string, { dev?: true; license?: string; hasInstallScript?: true }][] = Object.entries(lock.packages)
  const installed = packages.filter(([path, { dev }]) => path !== '' && dev !== true)
  expect(installed.length).toBeGreaterThan(5)
  expect(installed.filter(([, { license = '' }]) => !PERMISSIVE.test(license))).toEqual([])
  expect(installed.filter(([, { hasInstallScript }]) => hasInstallScript)).toEqual([])
})

describe.runIf(needsRegistry())('the packed tarball, installed', () => {
  const prefix = mkdtempSync(join(tmpdir(), 'pipelint-package-'))
  const modules = join(prefix, 'node_modules')
  const pipelint = (...words: string[]) =>
    spawnSync(process.execPath, [join(modules, 'pipelint/dist/run/cli.js'), ...words], { cwd: root, encoding: 'utf8' })

  beforeAll(() => {
    npm('pack', '--silent', '--ignore-scripts', '--pack-destination', prefix)
    const tarball = join(prefix, `pipelint-${manifest.version}.tgz`)
    npm('install', '--prefix', prefix, '--prefer-offline', '--no-audit', '--no-fund', tarball)
    rmSync(tarball)
  })
  afterAll(() => rmSync(prefix, { recursive: true, force: true }))

  test(`is at most ${BYTES_MAX} octets in ${PACKAGES_MAX} packages`, () => {
    const paths = readdirSync(modules, { recursive: true, encoding: 'utf8' }).map((path) => join(modules, path))
    const packages = paths.filter((path) => /node_modules[\\/](?:@[^\\/]+[\\/])?[^\\/@]+[\\/]package\.json$/.test(path))
    const octets = paths.reduce((sum, path) => sum + (statSync(path).isFile() ? statSync(path).size : 0), 0)
    expect(packages.length).toBeGreaterThan(1)
    expect(packages.length).toBeLessThanOrEqual(PACKAGES_MAX)
    expect(octets).toBeLessThanOrEqual(BYTES_MAX)
  })

  test('has the kernel of the fast path, and not its sources', () => {
    const folder = readdirSync(join(modules, 'pipelint/dist/fast-path'))
    expect(folder).toContain('kernel.wasm')
    expect(folder).not.toContain('kernel')
  })

  test('finds the fault in the sample', () => {
    const { status, stdout } = pipelint('samples/frontbridge.pcap')
    expect(stdout).toContain('ERROR server lost 2 of 4 pipelined commands and closed the connection (proved)')
    expect(status).toBe(1)
  })

  test('every command that it has can be asked for help', () => {
    for (const command of [
      'check',
      'transcript',
      'report',
      'evidence',
      'triage',
      'compare',
      'rules',
      'cluster',
      'page',
    ]) {
      expect(pipelint(command, '--help')).toMatchObject({ status: 0, stderr: '' })
    }
  })

  test('has the page, and not its sources', () => {
    const { status, stdout } = pipelint('page')
    expect({ status, isPage: stdout.startsWith('<!DOCTYPE html>') }).toEqual({ status: 0, isPage: true })
    expect(readdirSync(join(modules, 'pipelint/dist'))).not.toContain('page')
  })

  test('cluster says in one line what it lacks', () => {
    const words = ['--redis', 'redis://127.0.0.1:1', '--work-dir', '.', '--root', '.']
    const { status, stdout, stderr } = pipelint('cluster', 'work', ...words)
    expect(stderr).toBe(
      'pipelint: cluster needs packages that are not installed with pipelint; npm install -g bullmq@6 ioredis@6 valibot@1\n',
    )
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' })
  })

  test('the library can be imported, with its types', () => {
    const script = join(prefix, 'library.mjs')
    const exported = Object.keys(manifest.exports).map((name) => name.replace(/^\./, 'pipelint'))
    const modulesOf = exported.filter((name) => !name.includes('/schema'))
    writeFileSync(script, modulesOf.map((name) => `import '${name}'\n`).join(''))
    expect(spawnSync(process.execPath, [script], { encoding: 'utf8' })).toMatchObject({ status: 0, stderr: '' })
    for (const { types } of Object.values<{ types?: string }>(manifest.exports)) {
      if (types !== undefined) expect(existsSync(join(modules, 'pipelint', types))).toBe(true)
    }
  })
})

describe('packages that are not installed by default', () => {
  test('are those that package.json calls optional, in the same versions', () => {
    const told = [...FOR_CLUSTER, ...FOR_S3].sort()
    const peers = Object.entries<string>(manifest.peerDependencies)
    expect(told).toEqual(peers.map(([name, range]) => `${name}@${/\d+/.exec(range)?.[0]}`).sort())
    for (const [name, range] of peers) {
      expect(manifest.peerDependenciesMeta[name]).toEqual({ optional: true })
      expect(manifest.devDependencies[name]).toBe(range)
    }
  })

  test('another failure stays what it is', async () => {
    const missing = (name: string) =>
      Promise.reject(
        Object.assign(new Error(`Cannot find package '${name}' imported`), { code: 'ERR_MODULE_NOT_FOUND' }),
      )
    await expect(withPackages(FOR_S3, missing('@aws-sdk/client-s3'))).rejects.toThrow(UsageError)
    await expect(withPackages(FOR_S3, missing('@aws-sdk/client-s3'))).rejects.toThrow(/^s3:\/\/ needs packages/)
    await expect(withPackages(FOR_S3, missing('other'))).rejects.toThrow(/^Cannot find package 'other'/)
    await expect(withPackages(FOR_S3, Promise.reject(new Error('no')))).rejects.toThrow(/^no$/)
  })
})
