// The script of a thread, in the bundled program.
import { engineSettings } from './engine-settings.ts'
import { Program } from './load.ts'

const { engineWork } = new Program(import.meta.dirname, engineSettings).load(
  'thread.js',
) as typeof import('../parallel/worker.ts')
engineWork.onMany = engineSettings.begin
