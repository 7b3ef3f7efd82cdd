// The structure of src/: data flows one way, and every package and every `node:` module has its place.
import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, posix } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'

const root = fileURLToPath(new URL('../src', import.meta.url))

/** From the bottom to the top. A folder imports itself and lower folders. */
const FOLDERS = [
  ...[
    'host',
    'capture',
    'decode',
    'tcp',
    'tls',
    'smtp',
    'fast-path',
    'rules',
    'log',
    'redact',
    'compare',
    'triage',
    'report',
    'wireshark',
  ],
  ...['pipeline.ts', 'analyze.ts', 'parallel', 'cluster', 'evidence', 'page', 'cli', 'start'],
]
/** Every file may import these; they import nothing. */
const COMMON = ['errors.ts', 'limits.ts', 'decisions.ts', 'stop-signal.ts']
/** What files above the folders may import. */
const ABOVE: ReadonlyMap<string, readonly string[]> = new Map([
  ['pipeline.ts', ['capture', 'decode', 'tcp', 'tls', 'smtp', 'fast-path', 'rules']],
  ['analyze.ts', ['pipeline.ts', 'capture', 'fast-path', 'rules', 'tls']],
])
/** A package, and the folder or file that may import it. */
const PACKAGES: ReadonlyMap<string, string> = new Map([
  ['commander', 'cli/'],
  ['cli-progress', 'cli/'],
  ['cli-table3', 'report/'],
  ['bullmq', 'cluster/'],
  ['ioredis', 'cluster/'],
  ['valibot', 'cluster/'],
  ['@aws-sdk/client-s3', 'cluster/'],
  ['@aws-sdk/lib-storage', 'cluster/s3-storage.ts'],
  ['tinyglobby', 'capture/expand-paths.ts'],
  ['fzstd', 'capture/zstd.ts'],
  ['pcap-parser', 'host/second-reader.ts'],
  ['preact', 'page/'],
  ['preact/hooks', 'page/'],
  ['pako', 'page/host/decompress.ts'],
  ['@noble/ciphers/aes.js', 'page/host/crypto.ts'],
  ['@noble/ciphers/chacha.js', 'page/host/crypto.ts'],
  ['@noble/hashes/hmac.js', 'page/host/crypto.ts'],
  ['@noble/hashes/legacy.js', 'page/host/crypto.ts'],
  ['@noble/hashes/sha2.js', 'page/host/crypto.ts'],
  // Made by the build of the page.
  ['pipelint:kernel', 'page/host/kernel-module.ts'],
  ['pipelint:build', 'page/'],
])
/** What finds and follows captures on a disk is for commands, and no part of the engine. */
const NODE_MODULES_IN = [
  ...['host/', 'capture/expand-paths.ts', 'capture/rotated-captures.ts'],
  ...['parallel/', 'cluster/', 'cli/', 'start/'],
]
/** Packages that run in a browser. */
const IN_THE_PAGE: ReadonlySet<string> = new Set([
  ...['preact', 'preact/hooks', 'pako', 'fzstd', 'pipelint:kernel', 'pipelint:build'],
  ...['@noble/ciphers/aes.js', '@noble/ciphers/chacha.js'],
  ...['@noble/hashes/hmac.js', '@noble/hashes/legacy.js', '@noble/hashes/sha2.js'],
])
const LINES_MAX = 600
const TOP_LEVEL = [
  ...['src', 'test', 'docs', 'samples', 'README.md', 'LICENSE'],
  ...['package.json', 'package-lock.json', 'tsconfig.json', 'vitest.config.ts'],
]

interface SourceFile {
  /** Relative to src/, with forward slashes. */
  readonly path: string
  readonly text: string
  readonly imports: readonly string[]
}

const IMPORT = /^(?:import|export)\s+(?:[^'"=;]*?\sfrom\s+)?['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]/gm

const all: readonly SourceFile[] = readdirSync(root, {
  recursive: true,
  encoding: 'utf8',
})
  .map((path) => path.replaceAll('\\', '/'))
  .filter((path) => /\.tsx?$/.test(path))
  .sort()
  .map((path) => {
    const text = readFileSync(join(root, path), 'utf8')
    return {
      path,
      text,
      imports: [...withoutComments(text).matchAll(IMPORT)].map((match) => match[1] ?? match[2] ?? ''),
    }
  })

/** The kernel of the fast path is no part of the program's modules: it is compiled by another compiler, by itself. */
const files = all.filter(({ path }) => !path.startsWith('fast-path/kernel/'))

/** Comments may name what code must not. */
function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\/|(^|\s)\/\/[^\n]*/g, '$1')
}

function targetOf(file: SourceFile, specifier: string): string {
  return posix.normalize(posix.join(dirname(file.path), specifier))
}

const isLocal = (specifier: string) => specifier.startsWith('.')
const folderOf = (path: string) => path.split('/')[0] ?? ''

/** Why the file must not import the target; null when it may. */
function objection(file: SourceFile, target: string): string | null {
  if (COMMON.includes(target)) return null
  if (COMMON.includes(file.path)) return `${file.path} imports ${target}: it is below all folders`
  const above = ABOVE.get(file.path)
  if (above !== undefined) {
    return above.includes(target) || above.includes(folderOf(target)) ? null : `${file.path} may not import ${target}`
  }
  const here = FOLDERS.indexOf(folderOf(file.path))
  if (here === -1) return `${file.path} is in no known folder`
  if (folderOf(file.path) === 'cli' && folderOf(target) !== 'start') return null
  const there = FOLDERS.indexOf(folderOf(target))
  return there !== -1 && there <= here ? null : `${file.path} imports ${target}: upward`
}

test('the imports are found', () => {
  expect(files.length).toBeGreaterThan(10)
  expect(files.find(({ path }) => path === 'capture/expand-paths.ts')?.imports).toEqual([
    'node:fs',
    'node:fs/promises',
    'node:path',
    '../errors.ts',
    '../host/files.ts',
    './compressed.ts',
    './detect-format.ts',
    './read-buffer.ts',
    './source.ts',
    'tinyglobby',
  ])
})

describe('folders', () => {
  test('nothing imports upward', () => {
    const objections = files.flatMap((file) =>
      file.imports.filter(isLocal).map((specifier) => objection(file, targetOf(file, specifier))),
    )
    expect(objections.filter((found) => found !== null)).toEqual([])
  })

  test('the kernel of the fast path imports nothing but itself', () => {
    const kernel = all.filter(({ path }) => path.startsWith('fast-path/kernel/'))
    expect(kernel.length).toBeGreaterThan(10)
    const others = kernel.flatMap(({ imports }) => imports.filter((specifier) => !/^\.\/[a-z]+$/.test(specifier)))
    expect(others).toEqual([])
  })

  test('every import names a file that is there', () => {
    const known = new Set(files.map(({ path }) => path))
    const missing = files.flatMap((file) =>
      file.imports
        .filter((specifier) => isLocal(specifier) && specifier.endsWith('.ts'))
        .map((specifier) => targetOf(file, specifier))
        .filter((target) => !known.has(target)),
    )
    expect(missing).toEqual([])
  })

  test('no file imports itself, through whatever others', () => {
    const importsOf = new Map(
      files.map((file) => [file.path, file.imports.filter(isLocal).map((each) => targetOf(file, each))]),
    )
    const done = new Set<string>()
    const cycles: string[] = []
    const walk = (path: string, trail: readonly string[]) => {
      if (trail.includes(path)) cycles.push([...trail.slice(trail.indexOf(path)), path].join(' -> '))
      if (done.has(path) || trail.includes(path)) return
      for (const target of importsOf.get(path) ?? []) walk(target, [...trail, path])
      done.add(path)
    }
    for (const { path } of files) walk(path, [])
    expect(cycles).toEqual([])
  })
})

describe('what comes from outside', () => {
  const outside = files.flatMap(({ path, imports }) =>
    imports.filter((specifier) => !isLocal(specifier)).map((specifier) => ({ path, specifier })),
  )

  test('every package has its place', () => {
    const wrong = outside.filter(({ path, specifier }) => {
      const place = PACKAGES.get(specifier)
      return !specifier.startsWith('node:') && (place === undefined || !path.startsWith(place))
    })
    expect(wrong).toEqual([])
  })

  test('node: modules only where files, keys, threads and streams are', () => {
    const wrong = outside.filter(
      ({ path, specifier }) =>
        specifier.startsWith('node:') && !NODE_MODULES_IN.some((folder) => path.startsWith(folder)),
    )
    expect(wrong).toEqual([])
  })

  test('Buffer only where node: modules are: a browser has none', () => {
    const wrong = files.filter(
      ({ path, text }) =>
        !NODE_MODULES_IN.some((folder) => path.startsWith(folder)) && /\bBuffer\b/.test(withoutComments(text)),
    )
    expect(wrong.map(({ path }) => path)).toEqual([])
  })

  test('process and console only in cli/', () => {
    const wrong = files.filter(({ path, text }) => {
      const code = withoutComments(text)
      return !path.startsWith('cli/') && /\b(?:process|console)\s*\??[.[]/.test(code)
    })
    expect(wrong.map(({ path }) => path)).toEqual([])
  })
})

describe('the page', () => {
  const host = (folder: string) => files.filter(({ path }) => dirname(path) === folder && !path.endsWith('.d.ts'))
  const named = ({ text }: SourceFile) =>
    [...withoutComments(text).matchAll(/^export (?:async )?(?:function\*?|const) (\w+)/gm)].map(([, name]) => name)

  /** What the page is made of: the engine, with another host. */
  function closure(): ReadonlySet<SourceFile> {
    const known = new Map(files.map((file) => [file.path, file]))
    const reached = new Set<SourceFile>()
    const visit = (path: string) => {
      const file = known.get(path.replace(/^host\//, 'page/host/'))
      if (file === undefined || reached.has(file)) return
      reached.add(file)
      for (const specifier of file.imports.filter(isLocal)) visit(targetOf(file, specifier))
    }
    visit('page/main.tsx')
    return reached
  }

  test('has a host of its own, with everything that the engine takes from that of Node', () => {
    const exports = (folder: string) => host(folder).map((file) => [posix.basename(file.path), named(file)] as const)
    const own = new Map(exports('page/host'))
    expect([...own.keys()]).toEqual(exports('host').map(([name]) => name))
    for (const [name, names] of exports('host')) expect(own.get(name)).toEqual(expect.arrayContaining(names))
  })

  test('needs nothing of Node, nor a package that does', () => {
    const modules = [...closure()]
    expect(modules.length).toBeGreaterThan(200)
    const packages = new Set(modules.flatMap(({ imports }) => imports.filter((specifier) => !isLocal(specifier))))
    expect([...packages].filter((name) => !IN_THE_PAGE.has(name))).toEqual([])
  })
})

test(`no file has ${LINES_MAX} lines or more`, () => {
  const long = all.filter(({ text }) => text.split('\n').length - 1 >= LINES_MAX)
  expect(long.map(({ path }) => path)).toEqual([])
})

test('the top level holds what belongs there, and nothing that was left behind', () => {
  const { stdout } = spawnSync('git', ['ls-files'], { cwd: join(root, '..'), encoding: 'utf8' })
  const top = new Set(stdout.split('\n').map((path) => path.split('/')[0] as string))
  const stray = [...top].filter((name) => !name.startsWith('.') && !TOP_LEVEL.includes(name) && name !== '')
  expect(stray).toEqual([])
})
