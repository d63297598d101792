import type { PostgresConnection } from '../connection/connection.ts'
import { describeHost, type PostgresHost, type PostgresTarget } from '../connection/target.ts'

/** The one of the target's hosts that a connection was made to, so that what follows goes to the same server. */
export function chosenHost({ hosts }: PostgresTarget, connection: Pick<PostgresConnection, 'host'>): PostgresHost {
  const host = hosts.find((one) => describeHost(one) === connection.host) ?? hosts[0]
  if (host === undefined) throw new Error('a target without hosts')
  return host
}

/** The same target with no other host: what comes next must not end up on another server. */
export function onlyHost(target: PostgresTarget, connection: Pick<PostgresConnection, 'host'>): PostgresTarget {
  return { ...target, hosts: [chosenHost(target, connection)], sessionWanted: 'any' }
}
