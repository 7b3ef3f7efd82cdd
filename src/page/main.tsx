// The one script of the page. In the document it draws the page; in the worker, which is started from the same text, it
// reads the captures.
import { render } from 'preact'
import { App } from './app.tsx'
import { WorkerClient } from './client.ts'
import { startWorker } from './worker.ts'

if (typeof document === 'undefined') {
  startWorker(self as never)
} else {
  const place = document.getElementById('page')
  const client = new WorkerClient(document.currentScript?.textContent ?? '')
  if (place !== null) render(<App client={client} />, place)
}
