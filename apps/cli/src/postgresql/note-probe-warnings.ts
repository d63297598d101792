import { probePostgres, type PostgresProbe } from '@holdfast/connectors/postgresql/backup/probe-postgres'
import type { PostgresTarget } from '@holdfast/connectors/postgresql/connection/target'
import type { Context } from '@holdfast/core/context'
import { AppError, isAppError } from '@holdfast/core/errors/app-error'

/** What does not concern a command that only makes base backups, or only follows the log. */
const others: Readonly<Record<'backup' | 'follow', readonly string[]>> = {
  backup: ['SLOT_WAL_UNLIMITED'],
  follow: ['FILES_UNREADABLE', 'CONFIGURATION_OUTSIDE'],
}

/**
 * Notes as findings what endangers or limits backups of a server. What prevents them is the command's own error, which comes
 * next; so is a server that cannot be asked. Fails with POSTGRES_WAL_LEVEL_MINIMAL: who follows would else hear only that
 * there are no WAL senders, of which such a server cannot have any.
 */
export async function noteProbeWarnings(
  target: PostgresTarget,
  command: 'backup' | 'follow',
  ctx: Context,
): Promise<void> {
  const probe = await askServer(target, ctx)
  if (probe?.walLevel === 'minimal') throw new AppError('POSTGRES_WAL_LEVEL_MINIMAL', { host: probe.host })
  for (const { code, severity, message, hint } of probe?.warnings ?? []) {
    if (severity === 'prevents' || others[command].includes(code)) continue
    ctx.emit({ type: 'finding.noted', code, message, hint })
  }
}

async function askServer(target: PostgresTarget, ctx: Context): Promise<PostgresProbe | undefined> {
  try {
    return await probePostgres(target, ctx)
  } catch (error) {
    if (!isAppError(error) || error.code === 'INTERRUPTED') throw error
    return undefined
  }
}
