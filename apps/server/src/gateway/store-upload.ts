import { readFile } from 'node:fs/promises'
import type { IncomingMessage } from 'node:http'
import type { Context } from '@holdfast/core/context'
import { AppError, isAppError } from '@holdfast/core/errors/app-error'
import type { RunStore } from '@holdfast/orchestrator/catalogue/catalogue'
import type { IntakeResult, IntakeType } from '@holdfast/repository/intake/intake-job'
import type { LockIdentity } from '@holdfast/repository/lock/lock-identity'
import type { WriteHint } from '@holdfast/storage/backend'
import { flatPath } from '@holdfast/storage/layout'
import type { GatewayGrant } from './gateway-grant.ts'
import type { ServedRepository } from './gateway-repositories.ts'
import { judgeLock } from './judge-lock.ts'
import { judgeSnapshot, patienceMsOf, type SnapshotVerdict } from './judge-snapshot.ts'
import type { OwnFiles } from './own-files.ts'
import { receiveUpload } from './receive-upload.ts'
import { whileLocked } from './while-locked.ts'

export interface Upload {
  readonly file: { readonly type: IntakeType; readonly name: string }
  readonly body: IncomingMessage
  readonly sizeBytes: number
  readonly grant: GatewayGrant
  readonly served: ServedRepository
  readonly own: OwnFiles
  readonly runs: Pick<RunStore, 'get'>
  /** of this process */
  readonly identity: LockIdentity
  /** called when all bytes are here: from now on it is the server that takes its time */
  readonly onReceived: () => void
}

/**
 * Stores a file that an agent sends, once it was opened and everything in it found to be true. It is durable when this
 * returns. Fails with GATEWAY_UPLOAD_DAMAGED, GATEWAY_FILE_REFUSED, STORAGE_…
 */
export async function storeUpload(upload: Upload, ctx: Context): Promise<void> {
  const { file, grant, served, sizeBytes } = upload
  const { agent } = grant
  await using received = await receiveUpload(upload.body, file, { served, agent, sizeBytes }, ctx.signal)
  upload.onReceived()
  const refuse = (reason: string, cause?: unknown): AppError =>
    new AppError('GATEWAY_FILE_REFUSED', { file: flatPath(file), agent, reason }, { cause })
  const { path } = received
  const found = await served
    .intake()
    .inspect({ ...file, path, sizeBytes }, ctx)
    .catch((error: unknown) => {
      throw isAppError(error, 'REPOSITORY_DAMAGED') ? refuse(error.message, error) : error
    })
  const fault = await judge(found, upload, ctx)
  if (fault !== undefined) throw refuse(fault)
  const { repository } = served
  const { backend } = repository
  const isRelied = file.type === 'index' || file.type === 'snapshot'
  // a file that is given by its path is moved into the store, and could not be stored again
  const content = isRelied ? await readFile(path) : { path, sizeBytes }
  const store = async (): Promise<void> => {
    await backend.write(file, content, { content: contentOf(found) }, ctx)
    // a client of this protocol takes what was answered for stored
    await backend.flush(ctx)
  }
  // nobody relies on a pack that no index names, or on a lock
  if (!isRelied) return await store()
  const undo = (): Promise<void> => backend.remove(file, ctx)
  await whileLocked({ agent, repository, own: upload.own, identity: upload.identity, work: store, undo }, ctx)
  if (!isOfRun(found) || (await upload.own.isTaken(file.name))) return
  await undo()
  throw refuse(secondSnapshot)
}

/** One that retention counts. */
function isOfRun(found: IntakeResult): boolean {
  return found.type === 'snapshot' && found.snapshot.tags.includes('holdfast')
}

function contentOf(found: IntakeResult): WriteHint['content'] {
  return found.type === 'data' ? found.holds : 'metadata'
}

/** Why it is not to be stored. */
async function judge(found: IntakeResult, upload: Upload, ctx: Context): Promise<string | undefined> {
  const { file, own, grant } = upload
  switch (found.type) {
    case 'data':
    case 'index':
      return undefined
    case 'lock': {
      const fault = judgeLock(found.lock, ctx.now())
      if (fault !== undefined) return fault
      return (await own.addLock(file.name, ctx)) ? undefined : 'it has too many locks already'
    }
    case 'snapshot': {
      const verdict = judgeSnapshot(found.snapshot, grant, ctx.now())
      if (verdict.kind === 'refused') return verdict.reason
      if (verdict.kind === 'backup') return await judgeRun(verdict, upload, ctx)
      await own.addSnapshot(file.name, undefined, ctx)
      return undefined
    }
  }
}

const secondSnapshot = 'its run has made a snapshot already'

/** A snapshot that retention counts must be the one of a run that this agent was given. */
async function judgeRun(
  { source, run: id }: Extract<SnapshotVerdict, { kind: 'backup' }>,
  { file, grant, own, runs }: Upload,
  ctx: Context,
): Promise<string | undefined> {
  const run = await runs.get(id)
  const isGiven =
    run?.operation === 'backup' && run.source === source && run.leasedBy?.startsWith(`agent/${grant.agent}:`) === true
  if (!isGiven || run.startedAt === undefined) return 'it is of a run that this agent was not given'
  const { attempt, startedAt } = run
  // one that has ended may still deliver what it had begun
  const refusedBefore = new Date(ctx.now().getTime() - patienceMsOf(grant))
  if (startedAt < refusedBefore) return 'its run began long ago'
  const isFirst = await own.addSnapshot(file.name, { attempt: `${id}/${attempt}`, startedAt, refusedBefore }, ctx)
  return isFirst ? undefined : secondSnapshot
}
