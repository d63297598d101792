import type { EffectiveConfig, SourceSettings } from '@holdfast/core/config/effective-config'
import type { ServicePlace } from './discovery.ts'
import { kindOfImage, type ServiceKind } from './workload-kind.ts'

interface ServerAddress {
  readonly host: string
  readonly port: number
}

/**
 * The source that protects a service: one of its kind that connects to it, or one that has its name or the label
 * `service: <name>` (for what is backed up by a command).
 */
export function sourceOfService(
  config: EffectiveConfig | undefined,
  service: { readonly kind: ServiceKind; readonly name: string; readonly found: ServicePlace },
): string | undefined {
  if (config === undefined) return undefined
  const sources = [...config.sources.values()]
  const connected = sources.find((source) => connectsTo(source, service, config.host))
  const named = sources.find(({ name, labels }) => name === service.name || labels.get('service') === service.name)
  return (connected ?? named)?.name
}

/** The source of files that holds a directory, itself or one around it. */
export function sourceOfDirectory(config: EffectiveConfig | undefined, directory: string): string | undefined {
  const sources = [...(config?.sources.values() ?? [])]
  const holds = (path: string) => directory === path || directory.startsWith(`${path.replace(/\/+$/, '')}/`)
  return sources.find(({ workload }) => workload.type === 'files' && workload.paths.some(holds))?.name
}

function connectsTo(
  { workload }: SourceSettings,
  { kind, found }: { readonly kind: ServiceKind; readonly found: ServicePlace },
  here: string,
): boolean {
  if (workload.type === 'files' || workload.type === 'command' || workload.type !== kind) return false
  const text = 'text' in workload.connection ? workload.connection.text : undefined
  if (text === undefined) return false
  return addressesOf(text).some((address) => isAt(address, found, here))
}

function isAt({ host, port }: ServerAddress, found: ServicePlace, here: string): boolean {
  const isHere = ['', 'localhost', '127.0.0.1', '::1', here].includes(host)
  switch (found.type) {
    case 'port':
      return port === found.port && (isHere || host === found.host)
    case 'socket':
      return port === found.port && (isHere || host === found.directory)
    case 'compose':
      // by its name within the network of the project, or by the port that is published
      return (host === found.service && port === kindPort(found.image)) || (isHere && port === found.port)
    case 'container':
      return (host === found.container && port === kindPort(found.image)) || (isHere && port === found.port)
  }
}

function kindPort(image: string): number | undefined {
  return kindOfImage(image)?.port
}

/** Hosts and ports of a URI (several, separated by commas) or of key=value words, as libpq reads them. */
export function addressesOf(connection: string): ServerAddress[] {
  const uri = /^[a-z]+:\/\/(?:[^/?@]*@)?([^/?]*)(?:\/[^?]*)?(?:\?(.*))?$/i.exec(connection)
  const words = new Map(
    uri === null
      ? [...connection.matchAll(/(\w+)\s*=\s*('[^']*'|\S+)/g)].map(([, key = '', value = '']) => [
          key,
          value.replace(/^'|'$/g, ''),
        ])
      : [...new URLSearchParams(uri[2] ?? '')],
  )
  const places = (uri?.[1] ?? '').split(',').map((place) => {
    const [, bracketed, plain, port] = /^(?:\[([^\]]*)\]|([^:]*))(?::(\d+))?$/.exec(place) ?? []
    return { host: decodeURIComponent(bracketed ?? plain ?? ''), port: port === undefined ? undefined : Number(port) }
  })
  const [hosts, ports] = [words.get('host')?.split(','), words.get('port')?.split(',')]
  const defaultPort = /^(?:mysql|mariadb):/i.test(connection) ? 3306 : 5432
  const named: readonly { host: string; port: number | undefined }[] =
    hosts?.map((host) => ({ host, port: undefined })) ?? places
  return named.map(({ host, port }, at) => {
    const given = ports?.[at] ?? ports?.[0]
    return { host, port: port ?? (given === undefined ? defaultPort : Number(given)) }
  })
}
