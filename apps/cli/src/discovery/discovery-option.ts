import { join } from 'node:path'
import type { DiscoveryRequest } from '@holdfast/orchestrator/discovery/discover'
import { type OptionValues, several, type Variables } from '../argument/option.ts'

/** Where `discover` and `setup` look. */
export const discoveryOptions = {
  composeIn: several({
    placeholder: '<directory>',
    help: 'Look for Compose files in this directory, instead of here, /opt and /srv.',
    completes: 'directory',
  }),
  engine: several({
    placeholder: '<socket>',
    help: 'Unix socket of a container engine, instead of those of Docker and Podman.',
    completes: 'file',
  }),
}

export function discoveryPlaces(
  options: OptionValues<typeof discoveryOptions>,
  variables: Variables,
): Omit<DiscoveryRequest, 'config'> {
  const { composeIn, engine } = options
  return {
    procDirectory: '/proc',
    socketDirectories: ['/var/run/postgresql', '/run/postgresql', '/tmp'],
    composeDirectories: composeIn.length > 0 ? composeIn : ['.', '/opt', '/srv'],
    engineSockets: engine.length > 0 ? engine : usualEngines(variables),
  }
}

function usualEngines(variables: Variables): string[] {
  const named = /^unix:\/\/(\/.*)$/.exec(variables('DOCKER_HOST') ?? '')?.[1]
  if (named !== undefined) return [named]
  const own = variables('XDG_RUNTIME_DIR')
  const ofUser = own === undefined || own === '' ? [] : [join(own, 'docker.sock'), join(own, 'podman', 'podman.sock')]
  return ['/var/run/docker.sock', '/run/podman/podman.sock', ...ofUser]
}
