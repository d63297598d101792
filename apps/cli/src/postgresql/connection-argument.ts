import { homedir } from 'node:os'
import { parsePostgresTarget } from '@holdfast/connectors/postgresql/connection/parse-target'
import type { PostgresTarget } from '@holdfast/connectors/postgresql/connection/target'
import type { Context } from '@holdfast/core/context'
import { AppError } from '@holdfast/core/errors/app-error'
import type { Variables } from '../argument/option.ts'
import { currentIdentity } from '../session/identity.ts'

/** postgresql://… or postgres://… */
export function isPostgresConnection(text: string): boolean {
  return /^postgres(?:ql)?:\/\//.test(text)
}

/**
 * The server that an argument names, completed as psql would from PG… variables, service and password files. A password
 * in it is refused: every user of the machine could read it in the list of processes.
 */
export function readConnectionArgument(text: string, variables: Variables, ctx: Context): PostgresTarget {
  const target = parsePostgresTarget(
    text,
    { variable: variables, homeDirectory: homedir(), userName: currentIdentity().username },
    ctx,
  )
  if (target.passwordInText) throw new AppError('PASSWORD_IN_ARGUMENTS', {})
  return target
}

/** The host that snapshots of a source name: that of its server, this machine's for a socket. */
export function sourceHost({ hosts }: PostgresTarget): string {
  const host = hosts[0]?.host ?? ''
  const isHere = host === '' || host.startsWith('/') || host.startsWith('@')
  return isHere || host === 'localhost' || host === '127.0.0.1' || host === '::1' ? currentIdentity().hostname : host
}
