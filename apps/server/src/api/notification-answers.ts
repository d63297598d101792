import { AppError } from '@holdfast/core/errors/app-error'
import { testChannels } from '@holdfast/orchestrator/notification/test-channels'
import type { AnswersOf } from './answers-of.ts'
import type { ApiSurroundings } from './api-surroundings.ts'
import { requireUnlimited } from './seen-by.ts'

export function createNotificationAnswers({ config, machine }: ApiSurroundings): AnswersOf<'notifications'> {
  return {
    async 'notifications.test'({ body: { channels } }, caller, ctx) {
      requireUnlimited(caller)
      const now = config()
      if (now.notifications.channels.size === 0) throw new AppError('CHANNELS_MISSING', {})
      const results = await testChannels(now, channels, (reference) => machine.resolveSecret(reference, ctx), ctx)
      return {
        results: results.map(({ channel, error }) => ({
          channel,
          isTaken: error === undefined,
          ...(error !== undefined && { error: { code: error.code, message: error.message, hint: error.hint } }),
        })),
      }
    },
  }
}
