// A command that is asked for is defined as in full; the others have their names and what they do.
import type { Command } from 'commander'
import { expect, test } from 'vitest'
import { define } from '../../src/cli/program.ts'
import { contextOf } from '../support/invoke.ts'

const defined = (words: readonly string[] | null) => define(contextOf({}).around, '1.2.3', () => {}, words)
const all = defined(null)
const named = ({ commands }: Command) => commands.map((command) => [command.name(), command.description()])
const nameOf = (command: Command) => command.name()

/** All that its help says, and that of its own commands. */
const textsOf = (command: Command): string[] => [command.helpInformation(), ...command.commands.flatMap(textsOf)]

function commandOf(program: Command, name: string): Command {
  const found = program.commands.find((command) => command.name() === name)
  if (found === undefined) throw new Error(`no command ${name}`)
  return found
}

test.each(all.commands.map(nameOf))('%s', (name) => {
  for (const words of [
    [name, '--help'],
    ['--color', 'never', name, 'mail.pcap'],
    ['help', name],
  ]) {
    const program = defined(words)
    expect(named(program)).toEqual(named(all))
    expect(textsOf(commandOf(program, name))).toEqual(textsOf(commandOf(all, name)))
  }
})

test('check is the one that needs no name', () => {
  expect(textsOf(commandOf(defined(['mail.pcap']), 'check'))).toEqual(textsOf(commandOf(all, 'check')))
})

test.each([['help'], ['completion', 'bash']])('%s asks for all', (...words) => {
  expect(textsOf(defined(words))).toEqual(textsOf(all))
})
