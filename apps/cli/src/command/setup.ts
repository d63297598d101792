import { single } from '../argument/option.ts'
import { discoveryOptions } from '../discovery/discovery-option.ts'
import { defineCommand, plainExitCodes } from './command.ts'

const options = {
  output: single({
    placeholder: '<file>',
    help: 'The configuration to write.',
    fallback: '--config, else holdfast.yaml',
    completes: 'file',
  }),
  ...discoveryOptions,
}

export type SetupOptions = typeof options

export const setup = defineCommand({
  name: 'setup',
  purpose: 'Look around on this machine and write a commented configuration',
  details: [
    'Databases, Compose files and volumes are looked for as `discover` does. What can be protected at once becomes a source, the rest a comment. An existing configuration is never overwritten. A password for the repository is made beside it, unless there is one.',
  ],
  arguments: [],
  options,
  examples: [
    {
      explanation: 'Into /etc, with the repository on a disk of its own',
      command: 'holdfast -r /mnt/backup setup --output /etc/holdfast/holdfast.yaml',
    },
    { explanation: 'Just look what it would be', command: 'holdfast setup --output /tmp/holdfast.yaml' },
  ],
  exitCodes: plainExitCodes,
  run: async (invocation) => await (await import('../discovery/run-setup.ts')).runSetup(invocation),
})
