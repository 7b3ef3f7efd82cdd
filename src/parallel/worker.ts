// A thread: reads the slabs that it is sent.
import { parentPort, workerData } from 'node:worker_threads'
import { mapSlab, type Task } from './analyze-batch.ts'
import type { Slab } from './packet-batch.ts'

const task = workerData as Task

parentPort?.on('message', (slab: Slab) => parentPort?.postMessage(mapSlab(slab, task)))
