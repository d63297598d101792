import { defined } from '../defined.ts'
import type { ChannelSettings, NotificationSettings, RouteSettings } from '../effective-config.ts'
import type { ParsedChannel } from '../schema/channel-schema.ts'
import type { ParsedNotifications, ParsedRoute } from '../schema/notification-schema.ts'
import { windowSettings } from './promise-settings.ts'

export function notificationSettings(parsed: ParsedNotifications, zone: string): NotificationSettings {
  const { channels, routes, deadManSwitch } = parsed
  return {
    channels: new Map(Object.entries(channels).map(([name, channel]) => [name, channelSettings(name, channel)])),
    routes:
      routes === undefined ? routesToAll(Object.keys(channels)) : routes.map((route) => routeSettings(route, zone)),
    ...defined({
      deadManSwitch: deadManSwitch === undefined ? undefined : { url: deadManSwitch.url, everyMs: deadManSwitch.every },
    }),
  }
}

/** Whoever names a channel and no route wants to hear what is wrong. */
function routesToAll(channels: readonly string[]): RouteSettings[] {
  if (channels.length === 0) return []
  return [
    {
      minimumSeverity: 'warning',
      tiers: [],
      sources: [],
      channels,
      andOthers: false,
      groupForMs: 30_000,
      sendResolved: true,
    },
  ]
}

function routeSettings(route: ParsedRoute, zone: string): RouteSettings {
  const { groupFor, repeatEvery, quietHours, ...same } = route
  return {
    ...same,
    groupForMs: groupFor,
    ...defined({
      repeatEveryMs: repeatEvery,
      quietHours: quietHours === undefined ? undefined : windowSettings(quietHours, zone),
    }),
  }
}

function channelSettings(name: string, channel: ParsedChannel): ChannelSettings {
  switch (channel.type) {
    case 'email': {
      const { type, smtp, from, to } = channel
      const { host, port, tls } = smtp
      return {
        name,
        type,
        smtp: { host, port, tls, ...defined({ user: smtp.user, password: smtp.password }) },
        from,
        to,
      }
    }
    case 'ntfy':
      return { name, type: channel.type, url: channel.url, ...defined({ token: channel.token }) }
    case 'webhook':
      return { name, type: channel.type, url: channel.url, ...defined({ signingSecret: channel.signingSecret }) }
    case 'slack':
    case 'discord':
    case 'pagerduty':
    case 'telegram':
    case 'command':
      return { name, ...channel }
  }
}
