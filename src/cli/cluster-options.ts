// `pipelint cluster`: its commands, options and help. The implementation is loaded on demand.
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
  const submitting = withChecksums(withSessions(cluster.command('submit').argument('<capture...>', CAPTURES)))
  withPlace(withTriage(withPrinting(withOutput(submitting))))
    .description('submit captures as a run and print the name of the run')
    .addOption(profile())
    .option('--slice-bytes <n>', 'cut larger uncompressed pcap files into slices of about n bytes')
    .option('--hash', 'add the SHA-256 of each capture to the output; captures are then not cut')
    .option('--wait', 'wait until the run is finished, and print its result like check')
    .action(async (captures: string[], options: SubmitWords) => {
      const { submit } = await load()
      done(await submit(around, captures, options, version))
    })

  withPlace(cluster.command('work'))
    .description('start a worker, which runs until it is interrupted; start any number, on any number of machines')
    .requiredOption('--root <place>', 'read only captures below this directory or URL (repeatable)', collect)
    .option('--concurrency <n>', 'number of slices that are read at the same time, each by its own thread', '1')
    .action(async (options: WorkWords) => {
      const { startWork } = await load()
      done(await startWork(around, options, version))
    })

  withPlace(cluster.command('status').argument('<run>', RUN))
    .description('print the state of a run')
    .action(async (run: string, options: ClusterWords) => {
      const { status } = await load()
      done(await status(around, run, options))
    })

  withPlace(withTriage(withPrinting(withOutput(cluster.command('result').argument('<run>', RUN)))))
    .description('print the result of a run like check')
    .action(async (run: string, options: ResultWords) => {
      const { result } = await load()
      done(await result(around, run, options, version))
    })

  withPlace(cluster.command('cancel').argument('<run>', RUN))
    .description('cancel a run, or delete the result of a finished one')
    .action(async (run: string, options: ClusterWords) => {
      const { cancel } = await load()
      done(await cancel(around, run, options))
    })
}

const CAPTURES =
  'files, directories or globs, on storage that all workers have under the same path; https:// or s3:// URLs'
const RUN = 'the name that submit printed'

function load() {
  return withPackages(FOR_CLUSTER, import('./cluster-command.ts'))
}

function withTriage(command: Command): Command {
  return command
    .option(
      '--triage',
      'print the output of triage with rows as in --by; the run must have been submitted with --triage',
    )
    .addOption(by())
}

function withPlace(command: Command): Command {
  const url = new Option('--redis <url>', 'redis://[user:password@]host[:port][/number], or rediss:// for TLS')
  return command
    .addOption(url.env('PIPELINT_REDIS').makeOptionMandatory())
    .requiredOption(
      '--work-dir <place>',
      'storage for runs: a directory that all machines share, or s3://bucket/prefix',
    )
}
