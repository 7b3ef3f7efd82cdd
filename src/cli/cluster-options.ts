// The words of `pipelint cluster`: its commands, options and help. What they do is loaded when one of them is asked for.
import { type Command, Option } from 'commander'
import { FOR_CLUSTER, withPackages } from '../cluster/optional-packages.ts'
import type { CliContext } from './cli-context.ts'
import type { ClusterWords, ResultWords, SubmitWords, WorkWords } from './cluster-command.ts'
import { by, collect, profile, withChecksums, withOutput, withPrinting, withSessions } from './options.ts'

export function defineCluster(
  cluster: Command,
  around: CliContext,
  version: string,
  done: (exitCode: number) => void,
): void {
  cluster.description('check, on many machines: workers read captures where they lie (docs/cluster.md)')

  const submitting = withChecksums(withSessions(cluster.command('submit').argument('<capture...>', CAPTURES)))
  withPlace(withTriage(withPrinting(withOutput(submitting))))
    .description('submit captures as a run, and print its name')
    .addOption(profile())
    .option('--slice-bytes <n>', 'cut plain pcap files that are larger into slices of about so many bytes')
    .option('--hash', 'add the SHA-256 of every capture to its record; captures are not cut then')
    .option('--wait', 'wait until the run is over, and print its result as check would')
    .action(async (captures: string[], options: SubmitWords) => {
      const { submit } = await load()
      done(await submit(around, captures, options, version))
    })

  withPlace(cluster.command('work'))
    .description('work on runs until interrupted; as many workers as wanted, on as many machines')
    .requiredOption('--root <place>', 'open captures under this directory or URL only (repeatable)', collect)
    .option('--concurrency <n>', 'slices that are read at once, each by a thread', '1')
    .action(async (options: WorkWords) => {
      const { startWork } = await load()
      done(await startWork(around, options, version))
    })

  withPlace(cluster.command('status').argument('<run>', RUN))
    .description('say how far a run is')
    .action(async (run: string, options: ClusterWords) => {
      const { status } = await load()
      done(await status(around, run, options))
    })

  withPlace(withTriage(withPrinting(withOutput(cluster.command('result').argument('<run>', RUN)))))
    .description('print the result of a run as check would')
    .action(async (run: string, options: ResultWords) => {
      const { result } = await load()
      done(await result(around, run, options, version))
    })

  withPlace(cluster.command('cancel').argument('<run>', RUN))
    .description('end a run, or remove the result of one that is over')
    .action(async (run: string, options: ClusterWords) => {
      const { cancel } = await load()
      done(await cancel(around, run, options))
    })
}

const CAPTURES =
  'files, directories or globs, on storage that all workers see under the same path; https:// or s3:// URLs'
const RUN = 'the name that submit printed'

function load() {
  return withPackages(FOR_CLUSTER, import('./cluster-command.ts'))
}

function withTriage(command: Command): Command {
  return command.option('--triage', 'print what triage prints, as --by says; submit says so first').addOption(by())
}

function withPlace(command: Command): Command {
  const url = new Option('--redis <url>', 'redis://[user:password@]host[:port][/number], or rediss:// for TLS')
  return command
    .addOption(url.env('PIPELINT_REDIS').makeOptionMandatory())
    .requiredOption('--work-dir <place>', 'where runs lie: a directory that all machines see, or s3://bucket/prefix')
}
