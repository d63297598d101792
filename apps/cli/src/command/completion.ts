import { invalidArgument } from '../argument/option.ts'
import { bashCompletion } from '../help/completion-bash.ts'
import { fishCompletion } from '../help/completion-fish.ts'
import { type CompletedCommand, loadCompletedCommands } from '../help/completion-source.ts'
import { zshCompletion } from '../help/completion-zsh.ts'
import { defineCommand, plainExitCodes } from './command.ts'

const scripts: Readonly<Record<string, (commands: readonly CompletedCommand[]) => string>> = {
  bash: bashCompletion,
  zsh: zshCompletion,
  fish: fishCompletion,
}

export const completion = defineCommand({
  name: 'completion',
  purpose: 'Print a script that completes commands and options in a shell',
  arguments: [
    { name: 'shell', help: 'bash, zsh or fish.', required: true, repeatable: false, choices: ['bash', 'zsh', 'fish'] },
  ],
  options: {},
  examples: [
    { explanation: 'bash, in this shell', command: 'source <(holdfast completion bash)' },
    { explanation: 'fish, for good', command: 'holdfast completion fish > ~/.config/fish/completions/holdfast.fish' },
  ],
  exitCodes: plainExitCodes,
  run: async ({ arguments: [shell = ''], output }) => {
    const render = scripts[shell]
    if (render === undefined) throw invalidArgument('<shell>', shell, 'it must be one of bash, zsh, fish')
    const script = render(await loadCompletedCommands())
    output.line(script.trimEnd())
    output.message({ message_type: 'completion', shell, script })
    return 0
  },
})
