import { copyFile, open, rename, rm, truncate } from 'node:fs/promises'
import { join } from 'node:path'
import {
  defaultSegmentBytes,
  parseWalFileName,
  segmentName,
  smallestSegmentBytes,
} from '@holdfast/connectors/postgresql/wal/lsn'
import type { Context } from '@holdfast/core/context'
import { AppError } from '@holdfast/core/errors/app-error'
import type { LogFileInfo } from '@holdfast/repository/log/log-file'
import { isLogReplaced, type LogReader, readLog } from '@holdfast/repository/log/read-log'
import { restoreLogFiles } from '@holdfast/repository/log/restore-log'
import type { Repository } from '@holdfast/repository/repository'
import { segmentFactsOf, walFolder, walPlace } from './wal-log.ts'
import { openWalSpool, type WalSpool } from './wal-spool.ts'

export interface FetchRequest {
  /** %f of restore_command */
  readonly name: string
  /** %p, where it is wanted */
  readonly target: string
  readonly source: string
  readonly spoolDirectory: string
  /** how many segments behind the wanted one are fetched with it */
  readonly ahead: number
  readonly workers: number
}

/** A follower may replace a tip while it is read. */
const attempts = 3

/**
 * Brings a file of WAL for restore_command, and with it those that will be asked for next. Resolves to false when the log
 * does not have it, which is how recovery finds the end of WAL: so every other reason must throw. What is there of a
 * segment that still grew is filled with zeros, which the server takes for the end. The file appears whole or not at all.
 */
export async function fetchWal(
  openRepository: () => Promise<Repository>,
  request: FetchRequest,
  ctx: Context,
): Promise<boolean> {
  // Other names are asked for on some ways into recovery, and never are in the log.
  const kind = parseWalFileName(request.name, smallestSegmentBytes)?.kind
  if (kind !== 'segment' && kind !== 'history') return false
  const spool = await openWalSpool(request.spoolDirectory)
  const ready = await spool.takeFetched(request.name, ctx.now())
  if (ready !== undefined) {
    await deliver(ready, request.target)
    return true
  }
  const repository = await openRepository()
  for (let attempt = 1; ; attempt++) {
    try {
      return await fetchFrom(repository, spool, request, ctx)
    } catch (error) {
      if (!isLogReplaced(error) || attempt === attempts) throw error
    }
  }
}

async function fetchFrom(
  repository: Repository,
  spool: WalSpool,
  { name, target, source, ahead, workers }: FetchRequest,
  ctx: Context,
): Promise<boolean> {
  const log = await readLog(repository, walPlace(source), ctx)
  const files = new Map((await log.files(walFolder(name), ctx)).map((file) => [file.name, file]))
  // a timeline that ended in mid-segment, or a store without tips
  const wanted = files.get(name) ?? files.get(`${name}.partial`)
  if (wanted === undefined) return false
  const others = await wholeAfter(log, name, wanted, ahead, ctx)
  const directory = await spool.openFetching(ctx.now())
  try {
    await restoreLogFiles(repository, log, [wanted, ...others], { directory, workers }, ctx)
    await complete(join(directory, wanted.name), wanted)
    await deliver(join(directory, wanted.name), target)
    await spool.keepFetched(
      directory,
      others.map((file) => file.name),
      ctx.now(),
    )
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
  return true
}

/** The whole segments that follow one on its timeline, as far as there are any without a hole. */
async function wholeAfter(
  log: LogReader,
  name: string,
  wanted: LogFileInfo,
  ahead: number,
  ctx: Context,
): Promise<LogFileInfo[]> {
  const facts = segmentFactsOf(wanted)
  if (facts === undefined || !facts.complete || wanted.growing) return []
  const { segmentBytes } = facts
  const first = parseWalFileName(name, segmentBytes)
  if (first?.kind !== 'segment') return []
  const found: LogFileInfo[] = []
  let folder = ''
  let files = new Map<string, LogFileInfo>()
  for (let number = first.number + 1n; found.length < ahead; number++) {
    const next = segmentName(first.timeline, number, segmentBytes)
    if (walFolder(next) !== folder) {
      folder = walFolder(next)
      files = new Map((await log.files(folder, ctx)).map((file) => [file.name, file]))
    }
    const file = files.get(next)
    if (file === undefined || file.growing || file.sizeBytes !== segmentBytes) break
    found.push(file)
  }
  return found
}

/** Fills up a segment that ends early; refuses one of a wrong size, which recovery would take for the end of WAL. */
async function complete(path: string, file: LogFileInfo): Promise<void> {
  if (walFolder(file.name) === '') return
  const facts = segmentFactsOf(file)
  const segmentBytes = facts?.segmentBytes ?? defaultSegmentBytes
  const mayBeShort = file.growing || facts?.complete === false
  if (file.sizeBytes > segmentBytes || (file.sizeBytes < segmentBytes && !mayBeShort)) {
    const reason = `it has ${file.sizeBytes} bytes, not ${segmentBytes}`
    throw new AppError('REPOSITORY_DAMAGED', { object: `log file ${file.name}`, reason })
  }
  if (file.sizeBytes < segmentBytes) await truncate(path, segmentBytes)
}

/** Moves a file to where the server wants it, by a copy where that is another file system. */
async function deliver(from: string, target: string): Promise<void> {
  try {
    await rename(from, target).catch(async (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EXDEV') throw error
      const staged = `${target}.part-${process.pid}`
      try {
        await copyFile(from, staged)
        {
          await using handle = await open(staged, 'r')
          await handle.sync()
        }
        await rename(staged, target)
      } finally {
        await rm(staged, { force: true })
      }
      await rm(from, { force: true })
    })
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new AppError('TARGET_UNUSABLE', { target, reason }, { cause: error })
  }
}
