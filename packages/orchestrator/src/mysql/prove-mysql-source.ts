import { coverage } from '@holdfast/connectors/mysql/recovery/coverage'
import type { MysqlRecoveryPoint } from '@holdfast/connectors/mysql/recovery/recovery-point'
import type { Context } from '@holdfast/core/context'
import type { Repository } from '@holdfast/repository/repository'
import { baseOf, listMysqlBackups, mainBackups } from './list-mysql-backups.ts'
import { proveMysqlDirectory } from './prove-mysql-directory.ts'
import { type MysqlProof, type MysqlProofRequest, proveMysql } from './prove-mysql.ts'
import { readMysqlMaterial } from './read-mysql-material.ts'

export interface MysqlSourceProofRequest extends Omit<MysqlProofRequest, 'target' | 'targetText'> {
  readonly at: MysqlRecoveryPoint | 'random'
  /** what was asked for, for people */
  readonly atText: string
  /** that of the source's newest backup unless given */
  readonly method?: MysqlProof['method']
  /** numbers from 0 to below 1 */
  readonly random: () => number
}

/** Proves a source by the kind of backup that it has. Fails with the codes of `proveMysql`. */
export async function proveMysqlSource(
  repository: Repository,
  { at, atText, method: wanted, random, ...request }: MysqlSourceProofRequest,
  ctx: Context,
): Promise<MysqlProof> {
  const { source } = request
  const method = wanted ?? (await newestMethod(repository, source, ctx))
  const stop = at === 'random' ? await chooseInstant(repository, { source, method, random }, ctx) : at
  const target = { stop, inclusive: true, without: [] }
  const targetText = at === 'random' && stop.type === 'time' ? `random: ${stop.at}` : atText
  const prove = method === 'physical' ? proveMysqlDirectory : proveMysql
  return await prove(repository, { ...request, target, targetText }, ctx)
}

async function newestMethod(repository: Repository, source: string, ctx: Context): Promise<MysqlProof['method']> {
  const { backups } = await listMysqlBackups(repository, source, ctx)
  return mainBackups(backups).at(-1)?.manifest.method ?? 'logical'
}

/** An instant that nobody chose: what can be recovered only at the instants that people look at is not proven. */
async function chooseInstant(
  repository: Repository,
  { source, method, random }: Required<Pick<MysqlSourceProofRequest, 'source' | 'method' | 'random'>>,
  ctx: Context,
): Promise<MysqlRecoveryPoint> {
  const { backups, slices } = await readMysqlMaterial(repository, source, ctx)
  const own = backups.filter(({ manifest }) => manifest.method === method)
  const ranges = coverage(own.map(baseOf), slices)?.ranges ?? []
  const spans = ranges.map(({ from, until }) => ({
    from: Date.parse(from) + 1,
    ms: Math.max(0, Date.parse(until) - Date.parse(from) - 2),
  }))
  let left = random() * spans.reduce((sum, { ms }) => sum + ms, 0)
  for (const { from, ms } of spans) {
    if (left < ms) return { type: 'time', at: new Date(from + Math.floor(left)).toISOString().replace('Z', '000Z') }
    left -= ms
  }
  return { type: 'latest' }
}
