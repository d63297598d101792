import type { Context } from '@holdfast/core/context'
import { isAppError } from '@holdfast/core/errors/app-error'
import { connectMysql } from './connect.ts'
import type { MysqlConnection } from './connection.ts'
import type { MysqlTarget } from './target.ts'

export interface ChosenHost {
  /** names this one host only */
  readonly target: MysqlTarget
  readonly session: MysqlConnection
}

/**
 * Connects to the host of a connection that takes writes: after a fail-over that is another one. `first` is asked first.
 * Where none takes writes, the first one that answers is as good as any: somebody reads from a replica on purpose. Fails as
 * `connectMysql` does for the first host, when none answers.
 */
export async function connectToPrimary(
  { others = [], ...one }: MysqlTarget,
  first: MysqlTarget | undefined,
  ctx: Context,
): Promise<ChosenHost> {
  const all = [one, ...others.map((place): MysqlTarget => ({ ...one, ...place }))]
  if (all.length === 1) return { target: one, session: await connectMysql(one, ctx) }
  const isFirst = ({ host, port }: MysqlTarget): boolean => host === first?.host && port === first.port
  const order = [...all.filter(isFirst), ...all.filter((target) => !isFirst(target))]
  let reading: MysqlTarget | undefined
  let failure: unknown
  for (const target of order) {
    try {
      const session = await connectMysql(target, ctx)
      const readOnly = await session.value('SELECT @@GLOBAL.read_only', ctx)
      // newer servers of MariaDB have words for it
      if (readOnly === '0' || readOnly === 'OFF') return { target, session }
      reading ??= target
      await session[Symbol.asyncDispose]()
    } catch (error) {
      if (!isAppError(error) || error.code === 'INTERRUPTED') throw error
      failure ??= error
    }
  }
  if (reading === undefined) throw failure
  return { target: reading, session: await connectMysql(reading, ctx) }
}

/** The one host of a connection that takes writes, for programs that know only one. */
export async function choosePrimary(target: MysqlTarget, ctx: Context): Promise<MysqlTarget> {
  if (target.others === undefined) return target
  const chosen = await connectToPrimary(target, undefined, ctx)
  await chosen.session[Symbol.asyncDispose]()
  return chosen.target
}
