import type { Context } from '@holdfast/core/context'
import type { EffectiveConfig } from '@holdfast/core/config/effective-config'
import { AppError, isAppError } from '@holdfast/core/errors/app-error'
import type { ResolveSecret } from './channel.ts'
import { createTestMessage } from './message.ts'
import { openChannel } from './open-channel.ts'

export interface ChannelTest {
  readonly channel: string
  /** absent: the message was taken */
  readonly error?: AppError
}

/**
 * Sends a message to the named channels, or to all, at once; in the order of the configuration. Nothing is remembered of
 * it. Fails with CHANNEL_UNKNOWN before anything is sent.
 */
export async function testChannels(
  { host, notifications: { channels } }: EffectiveConfig,
  names: readonly string[],
  resolveSecret: ResolveSecret,
  ctx: Context,
): Promise<ChannelTest[]> {
  for (const channel of names) {
    if (!channels.has(channel)) {
      throw new AppError('CHANNEL_UNKNOWN', { channel, known: [...channels.keys()].join(', ') || 'none' })
    }
  }
  const chosen = [...channels.values()].filter(({ name }) => names.length === 0 || names.includes(name))
  return Promise.all(
    chosen.map(async (settings) => {
      const channel = settings.name
      try {
        const opened = await openChannel(settings, resolveSecret)
        await opened.send(createTestMessage(channel, { host, now: ctx.now() }), ctx)
        return { channel }
      } catch (error) {
        if (ctx.signal.aborted || !isAppError(error)) throw error
        return { channel, error }
      }
    }),
  )
}
