// Bounds on runs on many machines.
import { RESUME_BYTES } from './packets.ts'

/** Octets after which a plain capture may be cut: several times what proves where a record starts. */
export const SLICE_BYTES_MIN = 4 * RESUME_BYTES
/** Packets of captures that overlap in time and are read as one slice: some 100 MB of mail, a second of work. */
export const OVERLAP_PACKETS = 500_000
/** How often a slice is begun when it fails, and how long before the second time; before the third, twice as long. */
export const CHILD_ATTEMPTS = 3
export const CHILD_BACKOFF_MS = 1000
/** How often a slice is begun again when workers die over it: who restarts workers may hit the same one twice. */
export const CHILD_DEATHS_MAX = 3
/** How often a run is taken up again when workers die while they join it: nobody else's captures are to blame. */
export const RUN_DEATHS_MAX = 100
/** Jobs that are handed to Redis at a time: it does nothing else meanwhile. */
export const CHILDREN_ADDED = 500
/** How long a worker may be silent before its jobs are given to others: a slab is read in a tenth of it. */
export const JOB_LOCK_MS = 6000
/** How often jobs of silent workers are looked for. */
export const JOB_STALLED_MS = 2000
/** How often a join says how far it is, and looks whether its run was cancelled: a person's patience, not every slice. */
export const JOIN_TOLD_MS = 200
/** Runs that are over and of which Redis remembers the outcome. */
export const RUNS_REMEMBERED = 1000

// Captures that lie behind a URL

/** How often in a row a store is asked for the same octets when it fails, and how long before the second time; then twice as long. */
export const OBJECT_TRIES_MAX = 4
export const OBJECT_BACKOFF_MS = 300
/** How long a store may be silent before it is asked again. */
export const OBJECT_PATIENCE_MS = 30_000
/** Captures that are looked at at a time, before a run begins to read. */
export const OBJECTS_ASKED = 16
/** Objects that are removed at a time: as many as the protocol of S3 allows. */
export const KEYS_REMOVED_MAX = 1000
