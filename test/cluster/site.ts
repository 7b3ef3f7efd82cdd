// A site for runs: a real, persistent redis-server on loopback, a work directory, and workers that are
// processes of their own. Everything is started by the test and ends with it.
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Redis } from 'ioredis'

const program = fileURLToPath(new URL('../../dist/run/cli.js', import.meta.url))

export interface Outcome {
  readonly printed: string
  readonly said: string
  readonly exitCode: number | null
}

export class Site {
  readonly folder = mkdtempSync(join(tmpdir(), 'pipelint-site-'))
  readonly workDir = join(this.folder, 'work')
  readonly captures = join(this.folder, 'captures')
  url = ''
  private readonly data = join(this.folder, 'redis')
  private port = 0
  private server: ChildProcess | null = null
  private readonly workers: ChildProcess[] = []
  private readonly password: string | null

  private constructor(password: string | null) {
    this.password = password
    for (const path of [this.workDir, this.captures, this.data]) mkdirSync(path)
  }

  static async open(password: string | null = null): Promise<Site> {
    const site = new Site(password)
    site.port = await freePort()
    site.url = `redis://${password === null ? '' : `:${password}@`}127.0.0.1:${site.port}`
    await site.startRedis()
    return site
  }

  async startRedis(): Promise<void> {
    const words = ['--port', String(this.port), '--bind', '127.0.0.1', '--appendonly', 'yes', '--dir', this.data]
    if (this.password !== null) words.push('--requirepass', this.password)
    this.server = spawn('redis-server', words, { stdio: 'ignore' })
    await until(() =>
      this.ask((redis) => redis.ping()).then(
        () => true,
        () => false,
      ),
    )
  }

  async stopRedis(): Promise<void> {
    const { server } = this
    this.server = null
    if (server !== null) await over(server, 'SIGTERM')
  }

  async ask<T>(question: (redis: Redis) => Promise<T>): Promise<T> {
    const redis = new Redis(this.url, { lazyConnect: true, retryStrategy: null, maxRetriesPerRequest: 0 })
    redis.on('error', () => {})
    try {
      await redis.connect()
      return await question(redis)
    } finally {
      redis.disconnect()
    }
  }

  /** Starts a worker, with more roots, what it finds in its environment, and where runs lie. */
  work(
    roots: readonly string[] = [],
    environment: Readonly<Record<string, string>> = {},
    workDir = this.workDir,
  ): ChildProcess {
    const words = [program, 'cluster', 'work', '--redis', this.url, '--work-dir', workDir]
    for (const root of [this.captures, ...roots]) words.push('--root', root)
    const worker = spawn(process.execPath, words, { stdio: 'ignore', env: { ...process.env, ...environment } })
    this.workers.push(worker)
    return worker
  }

  get place(): readonly string[] {
    return ['--redis', this.url, '--work-dir', this.workDir]
  }

  /** `pipelint cluster`, with where the site is behind the words. */
  cluster(...words: readonly string[]): Promise<Outcome> {
    return pipelint('cluster', ...words, ...this.place)
  }

  /** What is said of a run, without its name. */
  async status(run: string): Promise<string> {
    const { printed } = await this.cluster('status', run)
    return printed.trim().replace(`${run}  `, '')
  }

  async stopWorkers(): Promise<void> {
    await Promise.all(this.workers.splice(0).map((worker) => over(worker, 'SIGINT')))
  }

  async close(): Promise<void> {
    await Promise.all(this.workers.map((worker) => over(worker, 'SIGKILL')))
    await this.stopRedis()
    rmSync(this.folder, { recursive: true, force: true })
  }
}

export function pipelint(...words: readonly string[]): Promise<Outcome> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [program, ...words], { stdio: ['ignore', 'pipe', 'pipe'] })
    const printed: Buffer[] = []
    let said = ''
    child.stdout.on('data', (piece: Buffer) => printed.push(piece))
    child.stderr.on('data', (piece: Buffer) => {
      said += piece
    })
    child.on('close', (exitCode) => resolve({ printed: Buffer.concat(printed).toString(), said, exitCode }))
  })
}

/** Ends a process, and waits for its end; its exit code. */
export async function over(child: ChildProcess, signal: NodeJS.Signals): Promise<number | null> {
  if (child.exitCode === null && child.signalCode === null) {
    const ended = new Promise((resolve) => child.on('exit', resolve))
    child.kill(signal)
    await ended
  }
  return child.exitCode
}

export async function until(isSo: () => Promise<boolean> | boolean, patienceMs = 100_000): Promise<void> {
  const end = performance.now() + patienceMs
  while (!(await isSo())) {
    if (performance.now() > end) throw new Error('it never came true')
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer()
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo
      server.close(() => resolve(port))
    })
  })
}
