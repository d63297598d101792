import type { Context } from '@holdfast/core/context'
import { isAppError } from '@holdfast/core/errors/app-error'
import { quoteLiteral } from '../../connection/quote.ts'
import type { BackupRun } from '../backup-run.ts'
import { type BadPage, secondVerdict } from '../page/page-checker.ts'
import { badPageMessage, misreadPageMessage } from '../page/page-message.ts'
import { sqlRows } from '../sql-rows.ts'

const attempts = 3

/**
 * Whether a page that came damaged is: asks the server for it again, if the role may read files. Otherwise a page that was
 * changed after the backup's start counts as repaired by WAL, which is what pg_basebackup does too. Returns a sentence
 * about a damaged page.
 */
export async function secondLook(
  { session, facts }: BackupRun,
  path: string,
  page: BadPage,
  startLsn: bigint,
  ctx: Context,
): Promise<string | undefined> {
  const { blockBytes } = facts.server
  let last = page
  for (let attempt = 0; attempt < attempts; attempt++) {
    const words = await readPage({ session, path, offset: page.offset, blockBytes }, ctx)
    if (words === 'refused') return page.lsn >= startLsn ? undefined : badPageMessage(page)
    if (words === 'gone') return undefined
    const verdict = secondVerdict(words, page, { blockBytes, startLsn })
    if (verdict === 'repaired') return undefined
    if (verdict === 'misread') return misreadPageMessage(page)
    last = verdict
  }
  return badPageMessage(last)
}

interface PageAddress {
  readonly session: BackupRun['session']
  readonly path: string
  readonly offset: number
  readonly blockBytes: number
}

async function readPage(
  { session, path, offset, blockBytes }: PageAddress,
  ctx: Context,
): Promise<Int32Array | 'refused' | 'gone'> {
  try {
    const sql = `SELECT encode(pg_read_binary_file(${quoteLiteral(path)}, ${offset}, ${blockBytes}, true), 'hex') AS page`
    const [row] = await sqlRows(session, sql, ctx)
    const bytes = Buffer.from(row?.('page') ?? '', 'hex')
    if (bytes.length < blockBytes) return 'gone'
    const words = new Int32Array(blockBytes / 4)
    bytes.copy(new Uint8Array(words.buffer))
    return words
  } catch (error) {
    if (!isAppError(error) || error.code === 'INTERRUPTED') throw error
    return 'refused'
  }
}
