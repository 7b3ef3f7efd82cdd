#!/usr/bin/env node
import { Program } from './load.ts'

const { start } = new Program(import.meta.dirname).load('program.js') as typeof import('../cli/main.ts')
void start()
