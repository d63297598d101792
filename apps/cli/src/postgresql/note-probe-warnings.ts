import { probePostgres, type ProbeWarning } from '@holdfast/connectors/postgresql/backup/probe-postgres'
import type { PostgresTarget } from '@holdfast/connectors/postgresql/connection/target'
import type { Context } from '@holdfast/core/context'
import { isAppError } from '@holdfast/core/errors/app-error'

/** What does not concern a command that only makes base backups, or only follows the log. */
const others: Readonly<Record<'backup' | 'follow', readonly string[]>> = {
  backup: ['SLOT_WAL_UNLIMITED'],
  follow: ['FILES_UNREADABLE', 'CONFIGURATION_OUTSIDE'],
}

/**
 * Notes as findings what endangers or limits backups of a server. What prevents them is the command's own error, which comes
 * next; so is a server that cannot be asked.
 */
export async function noteProbeWarnings(
  target: PostgresTarget,
  command: 'backup' | 'follow',
  ctx: Context,
): Promise<void> {
  for (const { code, message, hint } of await askServer(target, command, ctx)) {
    ctx.emit({ type: 'finding.noted', code, message, hint })
  }
}

async function askServer(
  target: PostgresTarget,
  command: 'backup' | 'follow',
  ctx: Context,
): Promise<readonly ProbeWarning[]> {
  try {
    const { warnings } = await probePostgres(target, ctx)
    return warnings.filter(({ code, severity }) => severity !== 'prevents' && !others[command].includes(code))
  } catch (error) {
    if (!isAppError(error) || error.code === 'INTERRUPTED') throw error
    return []
  }
}
