// The script of a thread that runs jobs of the slice queue, in the bundled program.
import { engineSettings } from './engine-settings.ts'
import { Program } from './load.ts'

const { default: work, engineWork } = new Program(import.meta.dirname, engineSettings).load(
  'slice.js',
) as typeof import('../cluster/slice-job.ts')
engineWork.onMany = engineSettings.begin
export default work
