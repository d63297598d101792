import { lookup } from 'node:dns/promises'
import { networkInterfaces } from 'node:os'
import { AppError } from '@holdfast/core/errors/app-error'
import { describeMysqlTarget, type MysqlTarget } from '../connection/target.ts'

/**
 * The host of a connection whose files lie on this machine. The program that copies them asks the server where they are, and
 * reads whatever lies there here: another server's, if the server is elsewhere. Fails with MYSQL_FILES_ELSEWHERE.
 */
export async function chooseLocalHost({ others = [], ...one }: MysqlTarget): Promise<MysqlTarget> {
  const all = [one, ...others.map((place): MysqlTarget => ({ ...one, ...place }))]
  for (const target of all) if (target.socket !== undefined || (await isThisMachine(target.host))) return target
  throw new AppError('MYSQL_FILES_ELSEWHERE', { hosts: all.map(describeMysqlTarget).join(', ') })
}

async function isThisMachine(host: string): Promise<boolean> {
  // what cannot be looked up is told of by whoever connects
  const found = await lookup(host, { all: true }).catch(() => undefined)
  if (found === undefined) return true
  const own = new Set(Object.values(networkInterfaces()).flatMap((each) => (each ?? []).map(({ address }) => address)))
  return found.some(({ address }) => address === '::1' || address.startsWith('127.') || own.has(address))
}
