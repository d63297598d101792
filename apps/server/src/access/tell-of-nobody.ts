import type { EffectiveConfig } from '@holdfast/core/config/effective-config'
import type { Catalogue } from '@holdfast/orchestrator/catalogue/catalogue'
import type { ServerLog } from '../server-log.ts'
import { opennessOf } from './openness.ts'

/** Says how the first user is made, where one has to sign in and nobody can. */
export async function tellOfNobody(
  { users }: Pick<Catalogue, 'users'>,
  { server }: Pick<EffectiveConfig, 'server'>,
  log: ServerLog,
): Promise<void> {
  if (opennessOf(server) === 'open' || server.oidc !== undefined || (await users.list()).length > 0) return
  log.write('warning', 'nobody can sign in yet: add the first user with `holdfast user add <name> --role admin`')
}
