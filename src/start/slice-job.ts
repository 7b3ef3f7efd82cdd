// The script of a thread that runs jobs of the slice queue, in the bundled program.
import { Program } from './load.ts'

const { default: work } = new Program(import.meta.dirname).load('slice.js') as typeof import('../cluster/slice-job.ts')
export default work
