import type { Context } from '@holdfast/core/context'
import { AppError, isAppError } from '@holdfast/core/errors/app-error'
import type { PostgresConnection } from '../../connection/connection.ts'
import { sqlStateOf } from '../../connection/server-error.ts'
import { splitStatements } from './split-statements.ts'

const duplicateObject = '42710'
/** What a statement is about. Privileges on a tablespace go with it. */
const objectForm =
  /^(CREATE|ALTER|COMMENT ON|GRANT [A-Z, ]+ ON|REVOKE [A-Z, ]+ ON) (ROLE|TABLESPACE) ("(?:[^"]|"")+"|[^\s;]+)/

/**
 * Makes the roles and tablespaces that are not there yet. Roles that are there stay as they are, password and all. Returns
 * what a person should know; fails with POSTGRES_RESTORE_FAILED when a role cannot be made.
 */
export async function restoreGlobals(
  session: PostgresConnection,
  sql: Uint8Array,
  { withoutTablespaces = false }: { readonly withoutTablespaces?: boolean | undefined },
  ctx: Context,
): Promise<readonly string[]> {
  const warnings: string[] = []
  const kept = new Set<string>()
  for (const statement of splitStatements(new TextDecoder().decode(sql))) {
    const [, verb = '', kind = '', name = ''] = objectForm.exec(statement) ?? []
    const object = `${kind} ${name}`
    if (kept.has(object) || (withoutTablespaces && kind === 'TABLESPACE')) continue
    try {
      await session.query(statement, ctx)
    } catch (error) {
      if (!isAppError(error) || sqlStateOf(error) === undefined) throw error
      if (verb === 'CREATE' && sqlStateOf(error) === duplicateObject) kept.add(object)
      else if (kind === 'TABLESPACE') {
        kept.add(object)
        warnings.push(`tablespace ${name} was not made: ${error.message}`)
      } else {
        const details = { what: 'roles', host: session.host, reason: error.message }
        throw new AppError('POSTGRES_RESTORE_FAILED', details, { cause: error })
      }
    }
  }
  const roles = [...kept].filter((object) => object.startsWith('ROLE ')).map((object) => object.slice('ROLE '.length))
  if (roles.length > 0) warnings.push(`roles that existed already were left as they are: ${roles.join(', ')}`)
  return warnings
}
