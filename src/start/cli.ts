#!/usr/bin/env node
import { engineSettings } from './engine-settings.ts'
import { Program } from './load.ts'

const { start, engineWork } = new Program(import.meta.dirname, engineSettings).load(
  'program.js',
) as typeof import('../cli/main.ts')
engineWork.onMany = engineSettings.begin
void start()
