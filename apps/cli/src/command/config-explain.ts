import { printable } from '../output/printable.ts'
import { renderTable } from '../output/table.ts'
import { openConfig } from '../session/open-config.ts'
import { defineCommand, plainExitCodes } from './command.ts'

export const configExplain = defineCommand({
  name: 'config explain',
  purpose: 'Say where an effective value comes from: default, tier, source, file and line',
  arguments: [
    {
      name: 'path',
      help: 'Of a value or of a group of values: sources.shop.keep, or sources.shop.rpo.',
      required: true,
      repeatable: false,
    },
  ],
  options: {},
  examples: [
    { explanation: 'Why are daily backups kept so long?', command: 'holdfast config explain sources.shop.keep.daily' },
    { explanation: 'All about one source', command: 'holdfast config explain sources.shop' },
  ],
  exitCodes: plainExitCodes,
  run: async (invocation) => {
    const loaded = await openConfig(invocation)
    const { explainSetting } = await import('@holdfast/orchestrator/config/explain-setting')
    const explained = explainSetting(loaded, invocation.arguments[0] ?? '')
    const rows = explained.map(({ path, value, from }) => [path, JSON.stringify(value), from].map(printable))
    invocation.output.line(renderTable([{ title: 'setting' }, { title: 'value' }, { title: 'from' }], rows))
    for (const { path, value, origin } of explained) {
      invocation.output.message({ message_type: 'setting', path, value, origin })
    }
    return 0
  },
})
