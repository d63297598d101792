import { parsePostgresTarget } from '@holdfast/connectors/postgresql/connection/parse-target'
import type { PostgresTarget } from '@holdfast/connectors/postgresql/connection/target'
import type { PostgresWorkload } from '@holdfast/core/config/effective-config'
import type { Context } from '@holdfast/core/context'
import type { Machine } from './machine.ts'

/**
 * The server of a configured source, completed as psql would from PG… variables, service and password files. Fails with
 * POSTGRES_TARGET_INVALID, SECRET_…
 */
export async function postgresTarget(
  { connection, password }: PostgresWorkload,
  machine: Machine,
  ctx: Context,
): Promise<PostgresTarget> {
  const text = await machine.resolveSecret(connection, ctx)
  const target = parsePostgresTarget(
    text,
    {
      variable: (name) => machine.variable(name),
      homeDirectory: machine.homeDirectory,
      userName: machine.identity.username,
    },
    ctx,
  )
  return password === undefined ? target : { ...target, password: await machine.resolveSecret(password, ctx) }
}

/** The host that snapshots of a source name: that of its server, this machine's for a socket. */
export function postgresHost({ hosts }: PostgresTarget, here: string): string {
  const host = hosts[0]?.host ?? ''
  const isHere = host === '' || host.startsWith('/') || host.startsWith('@')
  return isHere || host === 'localhost' || host === '127.0.0.1' || host === '::1' ? here : host
}
