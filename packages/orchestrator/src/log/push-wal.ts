import { readdir, readFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { parseWalFileName, smallestSegmentBytes } from '@holdfast/connectors/postgresql/wal/lsn'
import { readSegmentFacts } from '@holdfast/connectors/postgresql/wal/read-segment-facts'
import type { SegmentFacts } from '@holdfast/connectors/postgresql/wal/segment-facts'
import { type Context, withSignal } from '@holdfast/core/context'
import { AppError } from '@holdfast/core/errors/app-error'
import { listTipNames } from '@holdfast/repository/log/list-tips'
import type { LogFile } from '@holdfast/repository/log/log-file'
import { type LogWriter, type LogWriterOptions, openLogWriter } from '@holdfast/repository/log/log-writer'
import type { Repository } from '@holdfast/repository/repository'
import { knownCluster } from './known-cluster.ts'
import { segmentFactsOf, walFile, walPlace } from './wal-log.ts'
import { openWalSpool, stampOf, type WalSpool } from './wal-spool.ts'

export interface PushRequest {
  /** %p of archive_command */
  readonly path: string
  readonly source: string
  readonly spoolDirectory: string
  readonly writer: LogWriterOptions
}

export interface PushReport {
  /** files that are durable now and were not before this call */
  readonly stored: readonly string[]
}

/** Files that one call takes along, all of which the server has finished. */
const filesAtMost = 32
/** So many files are worth a batch; until then they lie in tips, one each, which cost no snapshot. */
const filesPerBatch = 8
/** A batch is optional once all is in tips, and the server waits. */
const batchPatienceMs = 60_000

/**
 * Stores a file of WAL for archive_command, and with it those that the server has marked as ready after it: their calls
 * then only look into the spool. Returns when the file is durable in every repository. `open` is called when something
 * is to be stored. Fails with POSTGRES_OTHER_CLUSTER when the log is another cluster's, ARGUMENT_INVALID for a path that is
 * no WAL file.
 */
export async function pushWal(
  open: () => Promise<readonly Repository[]>,
  request: PushRequest,
  ctx: Context,
): Promise<PushReport> {
  const name = basename(request.path)
  const parsed = parseWalFileName(name, smallestSegmentBytes)
  if (parsed === undefined) {
    const reason = 'it is not named as a file of WAL is'
    throw new AppError('ARGUMENT_INVALID', { name: '<path>', value: JSON.stringify(request.path), reason })
  }
  // Says where a base backup began; recovery never asks for it, and its own manifest says more.
  if (parsed.kind === 'backup') return { stored: [] }
  const stamp = await stampOf(request.path).catch((cause: unknown) => {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new AppError('WAL_FILE_UNREADABLE', { path: request.path, reason }, { cause })
  })
  const spool = await openWalSpool(request.spoolDirectory)
  if (await spool.takeStored(name, stamp)) return { stored: [] }
  const names = [name, ...(await readyAfter(name, dirname(request.path)))]
  const repositories = await open()
  await store(repositories, names, spool, request, ctx)
  // the first is not asked for again
  for (const other of names.slice(1)) {
    await spool.markStored(other, await stampOf(join(dirname(request.path), other)))
  }
  return { stored: names }
}

/** What waits behind a file, in the order in which the server will ask: history files come before segments. */
async function readyAfter(name: string, directory: string): Promise<string[]> {
  const marks = await readdir(join(directory, 'archive_status')).catch(() => [])
  return marks
    .filter((mark) => mark.endsWith('.ready'))
    .map((mark) => mark.slice(0, -'.ready'.length))
    .filter((other) => other !== name && isStorable(other))
    .toSorted()
    .slice(0, filesAtMost - 1)
}

function isStorable(name: string): boolean {
  const kind = parseWalFileName(name, smallestSegmentBytes)?.kind
  return kind === 'segment' || kind === 'partial' || kind === 'history'
}

async function store(
  repositories: readonly Repository[],
  names: readonly string[],
  spool: WalSpool,
  { path, source, writer: options }: PushRequest,
  ctx: Context,
): Promise<void> {
  // given up when all is in tips and a batch takes too long, because others have locked the repository
  const patience = new AbortController()
  const signal = AbortSignal.any([ctx.signal, patience.signal])
  const batching = withSignal(ctx, signal)
  const writers = await Promise.all(
    repositories.map((repository) => openPushWriter(repository, source, names.length, options, ctx)),
  )
  const systemIdentifier = await clusterOf(spool, repositories, source, ctx)
  let previous = await previousFacts(spool)
  for (const name of names) {
    const bytes = await readFile(join(dirname(path), name))
    const file = describe(name, bytes, previous, systemIdentifier ?? previous?.systemIdentifier)
    previous = segmentFactsOf(file) ?? previous
    await Promise.all(writers.map(({ writer }) => writer.append(file, batching)))
  }
  await Promise.all(writers.map(({ writer }) => writer.flush(batching)))
  if (previous !== undefined) {
    await spool.remember('previous', previous)
    await spool.remember('cluster', previous.systemIdentifier)
  }
  const waited = new AbortController()
  const batched = Promise.all(writers.filter(({ isDue }) => isDue).map(({ writer }) => writer.batch(batching)))
  await Promise.race([
    batched.catch(() => {}),
    delay(batchPatienceMs, undefined, { signal: waited.signal }).catch(() => {}),
  ])
  waited.abort()
  patience.abort(new AppError('INTERRUPTED', {}))
  await Promise.all(writers.map(({ writer }) => writer[Symbol.asyncDispose]()))
}

async function openPushWriter(
  repository: Repository,
  source: string,
  files: number,
  options: LogWriterOptions,
  ctx: Context,
): Promise<{ readonly writer: LogWriter; readonly isDue: boolean }> {
  const place = walPlace(source)
  const waiting = await listTipNames(repository, place, ctx)
  const isDue = waiting.length + files >= filesPerBatch
  // reading what waits in tips takes time, so it is left to the call that puts it into a snapshot
  const bounds = { batchAgeMs: Number.POSITIVE_INFINITY, takesOver: isDue }
  return { writer: await openLogWriter(repository, place, { ...options, ...bounds }, ctx), isDue }
}

function describe(
  name: string,
  bytes: Uint8Array,
  previous: SegmentFacts | undefined,
  systemIdentifier: string | undefined,
): LogFile {
  if (parseWalFileName(name, smallestSegmentBytes)?.kind === 'history') return walFile(name, bytes, undefined)
  const facts = readSegmentFacts(name, bytes, {
    ...(systemIdentifier === undefined ? {} : { systemIdentifier }),
    ...(previous === undefined ? {} : { previous }),
  })
  return walFile(name, bytes, facts)
}

async function previousFacts(spool: WalSpool): Promise<SegmentFacts | undefined> {
  const facts = await spool.recall('previous')
  if (typeof facts !== 'object' || facts === null || !('name' in facts) || typeof facts.name !== 'string')
    return undefined
  return segmentFactsOf({ name: facts.name, facts: { ...facts } })
}

/** The cluster whose log it is: as remembered here, or else as the log or the newest base backup says. */
async function clusterOf(
  spool: WalSpool,
  repositories: readonly Repository[],
  source: string,
  ctx: Context,
): Promise<string | undefined> {
  const known = await spool.recall('cluster')
  if (typeof known === 'string') return known
  return await knownCluster(repositories, source, ctx)
}
