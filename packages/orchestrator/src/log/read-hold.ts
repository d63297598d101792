import { readBinlogExpiry } from '@holdfast/connectors/mysql/binlog/binlog-expiry'
import { choosePrimary } from '@holdfast/connectors/mysql/connection/choose-host'
import { connectMysql } from '@holdfast/connectors/mysql/connection/connect'
import { readSlotState } from '@holdfast/connectors/postgresql/wal/slot-watch'
import type { MysqlWorkload, PostgresWorkload } from '@holdfast/core/config/effective-config'
import type { Context } from '@holdfast/core/context'
import type { Machine } from '../operation/machine.ts'
import { mysqlTarget } from '../operation/mysql-target.ts'
import { postgresTarget } from '../operation/postgres-target.ts'
import type { FollowState } from './follow-state.ts'

/** How the server keeps log that is not stored yet: for its slot, or for a while. */
export async function readHold(
  workload: PostgresWorkload | MysqlWorkload,
  machine: Machine,
  ctx: Context,
): Promise<Pick<FollowState, 'slot' | 'expiryMs'>> {
  if (workload.type === 'postgresql') {
    const slot = await readSlotState(await postgresTarget(workload, machine, ctx), workload.slot, ctx)
    return slot === undefined ? {} : { slot }
  }
  const target = await choosePrimary(await mysqlTarget(workload, machine, ctx), ctx)
  await using session = await connectMysql(target, ctx)
  const expiryMs = await readBinlogExpiry(session, ctx)
  return expiryMs === undefined ? {} : { expiryMs }
}
