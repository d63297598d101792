import type { ServicePlace } from './discovery.ts'

/** For people: where a service was found. */
export function placeText(found: ServicePlace): string {
  switch (found.type) {
    case 'port':
      return `${found.program ?? 'a server'} listens at ${found.host}:${found.port}`
    case 'socket':
      return `a server listens at the socket ${found.directory}/.s.PGSQL.${found.port}`
    case 'compose':
      return `service ${found.service} (${found.image}) of ${found.file}${published(found.port)}`
    case 'container':
      return `container ${found.container} (${found.image})${published(found.port)}`
  }
}

function published(port: number | undefined): string {
  return port === undefined ? '' : `, published at port ${port}`
}
