import type { ServerSettings } from '@holdfast/core/config/effective-config'
import { isLoopbackName } from './openness.ts'

/** Half a year: browsers hold on to it for so long after a server has gone back to HTTP. */
const rememberedSeconds = 15_552_000

/**
 * What tells browsers to come by HTTPS only from now on (RFC 6797), where this server speaks it itself; behind a proxy that is
 * the proxy's to say. Undefined for a loopback name: there it would hold for every other program of that machine, too.
 */
export function strictTransport({ tls }: Pick<ServerSettings, 'tls'>, host: string): string | undefined {
  if (tls === undefined || isLoopbackName(host.replace(/:\d+$/, ''))) return undefined
  return `max-age=${rememberedSeconds}`
}
