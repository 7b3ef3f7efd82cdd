// The script of a thread, in the bundled program.
import { Program } from './load.ts'

new Program(import.meta.dirname).load('thread.js')
