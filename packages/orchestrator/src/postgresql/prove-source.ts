import type { ClientPlace } from '@holdfast/connectors/postgresql/logical/client-tool'
import type { TargetPoint } from '@holdfast/connectors/postgresql/wal/recoverable-log'
import { dateOfWalTime } from '@holdfast/connectors/postgresql/wal/wal-time'
import type { Context } from '@holdfast/core/context'
import { AppError } from '@holdfast/core/errors/app-error'
import type { Repository } from '@holdfast/repository/repository'
import { listSnapshots } from '@holdfast/repository/snapshot/list-snapshots'
import { chooseInstant } from './choose-instant.ts'
import type { BackupChoice } from './plan-logical-restore.ts'
import type { Proof } from './proof.ts'
import { provePostgres, type ProofRequest } from './prove.ts'
import { proveLogicalPostgres } from './prove-logical.ts'

export type ProofMethod = 'physical' | 'logical'

export interface SourceProofRequest extends Pick<ProofRequest, 'source' | 'expectation' | 'sandboxParent' | 'workers'> {
  readonly at: TargetPoint | 'random'
  /** what was asked for, for people */
  readonly atText: string
  /** that of the source's newest backup unless given */
  readonly method?: ProofMethod
  readonly client: ClientPlace
  /** of the scratch server that a physical backup is proven in; absent: programs of this machine */
  readonly image?: string
  /** numbers from 0 to below 1 */
  readonly random: () => number
}

/** Proves a source by the kind of backup that it has. Fails with the codes of `provePostgres` and `proveLogicalPostgres`. */
export async function proveSource(repository: Repository, request: SourceProofRequest, ctx: Context): Promise<Proof> {
  const { source, at, atText, client, random, expectation, workers, sandboxParent } = request
  const common = { source, expectation, workers, ...(sandboxParent === undefined ? {} : { sandboxParent }) }
  const own = await methodsOf(repository, source, ctx)
  if (methodFor(request, own) === 'logical') {
    if (request.image !== undefined)
      throw new AppError('OPTIONS_CONFLICT', { first: 'a logical backup', second: '--in-image' })
    const logical = own.filter(({ method }) => method === 'logical')
    const chosen = at === 'random' ? logical[Math.floor(random() * logical.length)] : undefined
    const targetText = chosen === undefined ? atText : `random: ${chosen.time}`
    const choice = chosen === undefined ? choiceOf(at) : { snapshotId: chosen.id }
    return await proveLogicalPostgres(repository, { ...common, targetText, choice, client }, ctx)
  }
  const stop = at === 'random' ? await chooseInstant(repository, source, random, ctx) : at
  const targetText = at === 'random' && stop.type === 'time' ? `random: ${stop.at}` : atText
  const { directories = [], path = '' } = client.binaries
  return await provePostgres(
    repository,
    { ...common, ...imageOf(request), target: { stop }, targetText, binaries: { directories, path } },
    ctx,
  )
}

function imageOf({ image, client: { outerVariables } }: SourceProofRequest): Pick<ProofRequest, 'image'> {
  return image === undefined ? {} : { image: { name: image, variables: outerVariables } }
}

interface KnownBackup {
  readonly id: string
  readonly time: string
  readonly method: ProofMethod
}

/** The backups of a source by their tags, oldest first. */
async function methodsOf(repository: Repository, source: string, ctx: Context): Promise<KnownBackup[]> {
  const found: KnownBackup[] = []
  for (const { id, snapshot } of await listSnapshots(repository, {}, ctx)) {
    if (!['type=postgresql', `source=${source}`].every((tag) => snapshot.tags.includes(tag))) continue
    if (!snapshot.tags.some((tag) => tag.startsWith('method='))) continue
    const method = snapshot.tags.includes('method=logical') ? 'logical' : 'physical'
    found.push({ id, time: snapshot.time, method })
  }
  return found.toSorted((one, other) => Date.parse(one.time) - Date.parse(other.time))
}

/** Positions and transactions are of a log, which dumps have not. */
function methodFor({ at, method }: SourceProofRequest, own: readonly KnownBackup[]): ProofMethod {
  if (method !== undefined) return method
  const needsLog = at !== 'random' && ['lsn', 'xid', 'name'].includes(at.type)
  return needsLog ? 'physical' : (own.at(-1)?.method ?? 'physical')
}

function choiceOf(at: TargetPoint | 'random'): BackupChoice {
  return at !== 'random' && at.type === 'time' ? { notAfter: dateOfWalTime(at.at) } : {}
}
