import { openConfig } from '../session/open-config.ts'
import { defineCommand, plainExitCodes } from './command.ts'

export const configShow = defineCommand({
  name: 'config show',
  purpose: 'Print the whole effective configuration',
  details: [
    'Defaults, tiers and includes are put together; secrets are shown as references. Where a value comes from is said by `config explain`.',
  ],
  arguments: [],
  options: {},
  examples: [{ explanation: 'What holds now', command: 'holdfast config show' }],
  exitCodes: plainExitCodes,
  run: async (invocation) => {
    const loaded = await openConfig(invocation)
    const { renderSettings, showSettings } = await import('@holdfast/orchestrator/config/show-settings')
    const { output } = invocation
    output.line(renderSettings(loaded).trimEnd())
    output.message({
      message_type: 'config',
      files: loaded.files,
      digest: loaded.digest,
      settings: showSettings(loaded),
    })
    return 0
  },
})
