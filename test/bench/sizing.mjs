// `node test/bench/sizing.mjs`: a simulation of runs on workers, from measured rates: how an hour of captures behaves, and
// where the join becomes the bottleneck. Jobs are taken in the order in which they come, as the queue gives them out; a
// worker reads one slice at a time; each run is joined by one worker, several runs at once by several.
//   node test/bench/sizing.mjs [--terabytes 1] [--count 1800] [--map 290] [--join 4000]   (rates in MB/s of one core)
const words = process.argv.slice(2)
const option = (name, otherwise) => {
  const at = words.indexOf(name)
  return at < 0 ? otherwise : Number(words[at + 1])
}
const megabytes = option('--terabytes', 1) * 1e6
const rates = { count: option('--count', 1800), map: option('--map', 290), join: option('--join', 4000) }
const hours = 4
/** What a job costs beside its work: Redis, a thread, files; in seconds. */
const JOB = 0.008

/** Runs of an hour's captures, submitted at its end: `runs` of them, of so many slices each. */
function simulate(workers, runs, slices) {
  // Slice workers and joining workers are the same processes: a join takes one of the cores.
  const free = Array.from({ length: workers }, () => 0)
  const slice = megabytes / runs / slices
  const late = []
  const joins = []
  for (let hour = 1; hour <= hours; hour++) {
    const begin = hour * 3600
    let over = begin
    for (let run = 0; run < runs; run++) {
      const counted = spread(free, slices, begin, slice / rates.count + JOB)
      const mapped = spread(free, slices, counted, slice / rates.map + JOB)
      const joined = spread(free, 1, mapped, megabytes / runs / rates.join)
      joins.push(joined - mapped)
      over = Math.max(over, joined)
    }
    late.push(over - begin)
  }
  return { late, join: Math.max(...joins) }
}

/** Gives jobs to the worker that is free first, none before `from`; returns when the last one is done. */
function spread(free, jobs, from, seconds) {
  let last = from
  for (let job = 0; job < jobs; job++) {
    let at = 0
    for (let i = 1; i < free.length; i++) if (free[i] < free[at]) at = i
    free[at] = Math.max(free[at], from) + seconds
    last = Math.max(last, free[at])
  }
  return last
}

const minutes = (seconds) => (seconds < 100 ? `${seconds.toFixed(0)} s` : `${(seconds / 60).toFixed(0)} min`)

console.log('| workers | runs an hour | the first hour is judged after | the fourth | of that, one join |')
console.log('|---|---|---|---|---|')
for (const workers of [1, 3, 4, 10, 30, 100]) {
  for (const runs of [1, 30]) {
    const { late, join } = simulate(workers, runs, 3000 / runs)
    const cells = [workers, runs, minutes(late[0]), minutes(late.at(-1)), minutes(join)]
    console.log(`| ${cells.join(' | ')} |`)
  }
}
