import { flag } from '../argument/option.ts'
import { defineCommand, plainExitCodes } from './command.ts'

const options = {
  secrets: flag({ help: 'Also start the commands that print secrets; variables and files are always looked at.' }),
  withoutSecrets: flag({ help: 'Look at no secret at all, as on a machine that does not have them.' }),
  repositories: flag({ help: 'Also open each repository.' }),
}

export type ConfigCheckOptions = typeof options

export const configCheck = defineCommand({
  name: 'config check',
  purpose: 'Check the configuration, and report all problems with file and line',
  details: [
    'Checked are the form of every value, names that name nothing, promises that cannot be kept, cron lines that never fire, retention that keeps nothing, and whether secrets are where they should be. Nothing is changed, and a running server is not disturbed.',
  ],
  arguments: [],
  options,
  examples: [
    { explanation: 'Before a reload', command: 'holdfast config check' },
    {
      explanation: 'A new file, all of it',
      command: 'holdfast --config new.yaml config check --secrets --repositories',
    },
  ],
  exitCodes: plainExitCodes,
  run: async (invocation) => await (await import('../config/run-config-check.ts')).runConfigCheck(invocation),
})
