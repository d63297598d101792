import type { ChannelSettings } from '@holdfast/core/config/effective-config'
import type { Channel, ResolveSecret } from './channel.ts'
import { createCommandChannel } from './channel/command.ts'
import { createDiscordChannel } from './channel/discord.ts'
import { createNtfyChannel } from './channel/ntfy.ts'
import { createPagerdutyChannel } from './channel/pagerduty.ts'
import { createSlackChannel } from './channel/slack.ts'
import { createTelegramChannel } from './channel/telegram.ts'
import { createWebhookChannel } from './channel/webhook.ts'

/** The channel of any kind. Nothing is connected and no secret resolved before a message is sent. */
export async function openChannel(settings: ChannelSettings, resolveSecret: ResolveSecret): Promise<Channel> {
  switch (settings.type) {
    case 'slack':
      return createSlackChannel(settings, resolveSecret)
    case 'discord':
      return createDiscordChannel(settings, resolveSecret)
    case 'email':
      // Loaded only by those who send mail.
      return (await import('./channel/email.ts')).createEmailChannel(settings, resolveSecret)
    case 'pagerduty':
      return createPagerdutyChannel(settings, resolveSecret)
    case 'telegram':
      return createTelegramChannel(settings, resolveSecret)
    case 'ntfy':
      return createNtfyChannel(settings, resolveSecret)
    case 'webhook':
      return createWebhookChannel(settings, resolveSecret)
    case 'command':
      return createCommandChannel(settings)
  }
}
