import { discoveryOptions } from '../discovery/discovery-option.ts'
import { defineCommand } from './command.ts'

export type DiscoverOptions = typeof discoveryOptions

export const discover = defineCommand({
  name: 'discover',
  purpose: 'List what keeps data on this machine, what is not protected, and what is set up dangerously',
  details: [
    'Looked at are listening databases, Compose files, and the containers and volumes of an engine that answers on its socket; nothing is changed. With a configuration, each is compared with its sources. A source that backs up a service by a command is known by the same name or the label `service: <name>`.',
    'Dangerous is: a database container without a volume, with a nameless one or with a bind-mounted data directory, a volume that no source protects, and volumes that `docker compose down -v` removes.',
  ],
  arguments: [],
  options: discoveryOptions,
  examples: [
    { explanation: 'This machine', command: 'holdfast discover' },
    { explanation: 'One project only, as JSON', command: 'holdfast discover --compose-in /srv/shop --json' },
  ],
  exitCodes: [
    { code: 0, meaning: 'everything found is protected, and nothing is set up dangerously' },
    { code: 1, meaning: 'failed' },
    { code: 3, meaning: 'something is not protected, or dangerous' },
  ],
  run: async (invocation) => await (await import('../discovery/run-discover.ts')).runDiscover(invocation),
})
