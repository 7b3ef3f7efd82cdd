// Completion scripts for shells, made from the definition of the command line: names of commands, options and their
// values. Everything else is completed as a file name.
import type { Command, Option } from 'commander'
import type { Shell } from './options.ts'

interface Described {
  readonly name: string
  readonly description: string
}

/** A command that takes options: `check`, `cluster submit`. */
interface Completed extends Described {
  readonly options: readonly CompletedOption[]
  /** Values of its first argument; null: files. */
  readonly words: readonly string[] | null
}

interface CompletedOption {
  readonly short: string | null
  readonly long: string
  readonly description: string
  /** Null: it takes no value. Empty: whatever is typed. */
  readonly values: readonly string[] | null
  readonly isRules: boolean
}

interface CompletionWords {
  readonly rules: readonly string[]
}

/** Options whose values are rule identifiers. */
const OF_RULES: readonly string[] = ['--rule', '--ignore']

export function completionScript(shell: Shell, program: Command, { rules }: CompletionWords): string {
  const top = visible(program.commands)
  const commands = top.map((command) => ({ name: command.name(), description: command.description() }))
  const globals = completedOptions(program.options, rules)
  const all: Completed[] = top.flatMap((command) => {
    const inner = visible(command.commands)
    if (inner.length === 0) return [completed(command.name(), command, globals, rules)]
    return inner.map((each) => completed(`${command.name()} ${each.name()}`, each, globals, rules))
  })
  const groups = top.flatMap((command) =>
    visible(command.commands).length === 0
      ? []
      : [{ name: command.name(), commands: visible(command.commands).map((one) => describedOf(one)) }],
  )
  const script: Script = { commands, groups, all, rules }
  return { bash, zsh, fish }[shell](script)
}

interface Script {
  readonly commands: readonly Described[]
  /** Commands that have commands. */
  readonly groups: readonly { readonly name: string; readonly commands: readonly Described[] }[]
  readonly all: readonly Completed[]
  readonly rules: readonly string[]
}

const visible = (commands: readonly Command[]) => commands.filter((command) => !isHidden(command))
const isHidden = (command: Command) => (command as Command & { readonly _hidden?: boolean })._hidden === true
const describedOf = (command: Command): Described => ({ name: command.name(), description: command.description() })

function completed(
  name: string,
  command: Command,
  globals: readonly CompletedOption[],
  rules: readonly string[],
): Completed {
  const [first] = command.registeredArguments
  const words = name === 'rules' ? rules : (first?.argChoices ?? null)
  const options = [...completedOptions(command.options, rules), ...globals]
  return { name, description: command.description(), options, words }
}

function completedOptions(options: readonly Option[], rules: readonly string[]): CompletedOption[] {
  return options.flatMap((option) => {
    const { hidden, short, long, description, argChoices, required, optional } = option
    if (hidden || !long) return []
    const takesRules = OF_RULES.includes(long)
    const values = required || optional ? (takesRules ? rules : (argChoices ?? [])) : null
    return [{ short: short ?? null, long, description, values, isRules: takesRules }]
  })
}

const spaced = (words: readonly string[]) => words.join(' ')
const namesOf = (options: readonly CompletedOption[]) =>
  options.flatMap(({ short, long }) => (short === null ? [long] : [short, long]))

function bash({ commands, groups, all, rules }: Script): string {
  const words = all.map(({ name, options, words }) => {
    const other = words === null ? '' : spaced(words)
    return `    '${name}') options='${spaced(namesOf(options))}' words='${other}' ;;`
  })
  const inner = groups.flatMap(({ name, commands }) => [
    `  if [[ $command == ${name} ]]; then`,
    `    local inner='${spaced(commands.map((one) => one.name))}' sub=`,
    '    for ((i++; i < COMP_CWORD; i++)); do',
    `      [[ " $inner " == *" \${COMP_WORDS[i]} "* ]] && sub=\${COMP_WORDS[i]} && break`,
    '    done',
    '    if [[ -z $sub ]]; then COMPREPLY=($(compgen -W "$inner" -- "$cur")); return; fi',
    '    command="$command $sub"',
    '  fi',
  ])
  return `# Completion of pipelint for bash:  source <(pipelint completion bash)
_pipelint() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD-1]} command= options= words= i
  local commands='${spaced(commands.map(({ name }) => name))}'
  local rules='${spaced(rules)}'
  for ((i = 1; i < COMP_CWORD; i++)); do
    if [[ " $commands " == *" \${COMP_WORDS[i]} "* ]]; then command=\${COMP_WORDS[i]}; break; fi
  done
${inner.join('\n')}
  case "\${command:-check} $prev" in
${bashValues(all).join('\n')}
  esac
  case "\${command:-check}" in
${words.join('\n')}
  esac
  if [[ $cur == -* ]]; then
    COMPREPLY=($(compgen -W "$options" -- "$cur"))
  elif [[ -z $command && $COMP_CWORD -eq 1 ]]; then
    COMPREPLY=($(compgen -W "$commands" -- "$cur") $(compgen -f -- "$cur"))
  elif [[ -n $words ]]; then
    COMPREPLY=($(compgen -W "$words" -- "$cur"))
  fi
}
complete -o filenames -o bashdefault -o default -F _pipelint pipelint
`
}

/** The values of options: those that all commands share once. An option with any value is completed as a file. */
function bashValues(all: readonly Completed[]): string[] {
  const replies = new Map<string, Map<string, string[]>>()
  for (const { name, options } of all) {
    for (const option of options) {
      if (option.values === null) continue
      const reply = option.isRules ? '$rules' : spaced(option.values)
      for (const flag of namesOf([option])) {
        const commands = replies.get(flag) ?? new Map<string, string[]>()
        replies.set(flag, commands)
        commands.set(reply, [...(commands.get(reply) ?? []), name])
      }
    }
  }
  return [...replies].flatMap(([flag, commands]) =>
    [...commands].map(([reply, names]) => {
      const pattern = commands.size === 1 ? `*' ${flag}'` : names.map((name) => `'${name} ${flag}'`).join('|')
      const given = reply === '' ? '' : ` COMPREPLY=($(compgen -W "${reply}" -- "$cur"));`
      return `    ${pattern})${given} return ;;`
    }),
  )
}

/** Within single quotes of a shell. */
const quoted = (text: string) => `'${text.replaceAll("'", "'\\''")}'`
/** A description in a specification of `_arguments`. */
const inBrackets = (text: string) => text.replace(/[[\]\\:]/g, '\\$&')

function zsh({ commands, groups, all, rules }: Script): string {
  const described = (list: readonly Described[]) =>
    list.map(({ name, description }) => `    ${quoted(`${name}:${description.replaceAll(':', '\\:')}`)}`).join('\n')
  const argumentsOf = ({ options, words }: Completed, indent: string) => {
    const specs = options.map(zshOption)
    const rest = words === null ? '*:file:_files' : `1:word:(${spaced(words)})`
    return [`_arguments`, ...specs, quoted(rest)].join(` \\\n${indent}  `)
  }
  const cases = all.map((each) => `    ${quoted(each.name)})\n      ${argumentsOf(each, '      ')}\n      ;;`)
  const inner = groups.map(
    ({ name, commands }) => `  if [[ $command == ${name} ]]; then
    local -a inner
    inner=(
${described(commands)}
    )
    if (( CURRENT == 2 )); then _describe command inner; return; fi
    command="$command $words[2]"
    shift words
    (( CURRENT-- ))
  fi`,
  )
  return `#compdef pipelint
# Completion of pipelint for zsh:  source <(pipelint completion zsh)
_pipelint_rules() {
  _values -s , rule ${spaced(rules)}
}
_pipelint() {
  local -a commands
  commands=(
${described(commands)}
  )
  local command=$words[2]
  if (( CURRENT == 2 )) && [[ $command != -* ]]; then
    _describe command commands
    _files
    return
  fi
  if [[ -n \${commands[(r)$command:*]} ]]; then
    shift words
    (( CURRENT-- ))
  else
    command=check
  fi
${inner.join('\n')}
  case $command in
${cases.join('\n')}
  esac
}
if [[ $funcstack[1] == _pipelint ]]; then _pipelint "$@"; else compdef _pipelint pipelint; fi
`
}

function zshOption({ short, long, description, values, isRules }: CompletedOption): string {
  const value = values === null ? '' : `:value:${zshValues(values, isRules)}`
  const text = quoted(`[${inBrackets(description)}]${value}`)
  return short === null ? `'*${long}'${text}` : `'(${short} ${long})'{${short},${long}}${text}`
}

function zshValues(values: readonly string[], isRules: boolean): string {
  if (isRules) return '_pipelint_rules'
  return values.length === 0 ? '_files' : `(${spaced(values)})`
}

function fish({ commands, groups, all, rules }: Script): string {
  const names = commands.map(({ name }) => name)
  const lines = commands.map(
    ({ name, description }) => `complete -c pipelint -n '__fish_is_nth_token 1' -a ${name} -d ${quoted(description)}`,
  )
  for (const { name, commands: inner } of groups) {
    for (const one of inner)
      lines.push(
        `complete -c pipelint -f -n '__fish_seen_subcommand_from ${name}; and __fish_is_nth_token 2' -a ${one.name} -d ${quoted(one.description)}`,
      )
  }
  for (const { name, options, words } of all) {
    const parts = name.split(' ')
    const seen = parts.map((part) => `__fish_seen_subcommand_from ${part}`).join('; and ')
    const others = spaced(names.filter((other) => other !== 'check'))
    const condition = name === 'check' ? `not __fish_seen_subcommand_from ${others}` : seen
    if (words !== null) lines.push(`complete -c pipelint -f -n '${condition}' -a '${spaced(words)}'`)
    for (const { short, long, description, values, isRules } of options) {
      const flags = `${short === null ? '' : `-s ${short.slice(1)} `}-l ${long.slice(2)}`
      const words = isRules ? '$__pipelint_rules' : spaced(values ?? [])
      const value = values === null ? '' : values.length === 0 ? ' -r' : ` -x -a '${words}'`
      lines.push(`complete -c pipelint -n '${condition}' ${flags}${value} -d ${quoted(description)}`)
    }
  }
  return `# Completion of pipelint for fish:  pipelint completion fish | source\nset -g __pipelint_rules ${spaced(rules)}\n${lines.join('\n')}\n`
}
