// Runs in front of every test file: seeds the property tests, and hands what the file leaves out to the closing note.
import fc from 'fast-check'
import { inject, TestRunner } from 'vitest'
import { leftOutOf } from './left-out.ts'

fc.configureGlobal({ seed: inject('scope').seed })
TestRunner.getCurrentSuite().file.meta.leftOut = leftOutOf()
