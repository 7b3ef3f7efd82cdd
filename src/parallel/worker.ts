// The script of a worker thread: analyzes the batches that it receives.
import { parentPort, workerData } from 'node:worker_threads'
import { analyzeBatch, type Task } from './analyze-batch.ts'
import type { PacketBatch } from './packet-batch.ts'

const task = workerData as Task

parentPort?.on('message', (batch: PacketBatch) => parentPort?.postMessage(analyzeBatch(batch, task)))
