// The script of a thread, in the bundled program.
import { engineSettings } from './engine-settings.ts'
import { Program } from './load.ts'

new Program(import.meta.dirname, engineSettings).load('thread.js')
