import { AppError } from '@holdfast/core/errors/app-error'
import { currentMachine } from '../session/current-machine.ts'
import { openConfig } from '../session/open-config.ts'
import { defineCommand } from './command.ts'

export const notifyTest = defineCommand({
  name: 'notify test',
  purpose: 'Send a test message to notification channels',
  details: ['All channels are tried at once; PagerDuty gets an alert of severity info that is closed again.'],
  arguments: [{ name: 'channel', help: 'Only these channels.', required: false, repeatable: true }],
  options: {},
  examples: [
    { explanation: 'Would anybody hear of it?', command: 'holdfast notify test' },
    { explanation: 'One of them, after its token was changed', command: 'holdfast notify test oncall' },
  ],
  exitCodes: [
    { code: 0, meaning: 'every message was taken' },
    { code: 1, meaning: 'a message was not taken' },
  ],
  run: async (invocation) => {
    const { output, ctx } = invocation
    const [{ config }, { testChannels }] = await Promise.all([
      openConfig(invocation),
      import('@holdfast/orchestrator/notification/test-channels'),
    ])
    const { channels } = config.notifications
    if (channels.size === 0) throw new AppError('CHANNELS_MISSING', {})
    const machine = currentMachine(invocation)
    const resolveSecret = (reference: Parameters<typeof machine.resolveSecret>[0]): Promise<string> =>
      machine.resolveSecret(reference, ctx)
    const results = await testChannels(config, invocation.arguments, resolveSecret, ctx)
    for (const { channel, error } of results) {
      output.line(error === undefined ? `✓ ${channel}: taken` : `✗ ${channel}: ${error.message}\n  ${error.hint}`)
      output.message({
        message_type: 'channel_tested',
        channel,
        taken: error === undefined,
        ...(error === undefined ? {} : { code: error.code, error: error.message }),
      })
    }
    return results.some(({ error }) => error !== undefined) ? 1 : 0
  },
})
