import { randomBytes } from 'node:crypto'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fillDirectory } from '../../testing/kept-directory.ts'
import { crc32c } from '../crc32c.ts'
import { runAs } from './postgres-process.ts'
import type { Account } from './unprivileged-account.ts'

export interface ClusterRequest {
  /** the program initdb */
  readonly initdb: string
  /** "15.18" */
  readonly version: string
  readonly arguments: readonly string[]
  readonly account: Account | undefined
}

/**
 * Makes a cluster in an empty directory. initdb takes a second of processor time, and the tests make about a hundred clusters:
 * so what it made is kept, and the next one with the same arguments is a copy with an identity of its own.
 */
export async function makeCluster(request: ClusterRequest, dataDirectory: string): Promise<void> {
  const { initdb, version, arguments: words, account } = request
  const facts = [initdb, version, words, account?.uid]
  const isCopy = await fillDirectory(dataDirectory, { kind: 'postgres-clusters', facts }, () =>
    runAs(account, initdb, ['-D', dataDirectory, ...words], { cwd: '/' }),
  )
  if (isCopy) giveNewIdentity(dataDirectory)
}

/**
 * Writes a new system identifier to both places that have it: pg_control, and the head of each WAL segment.
 * Source: src/include/catalog/pg_control.h, src/include/access/xlog_internal.h (XLogLongPageHeaderData).
 */
function giveNewIdentity(dataDirectory: string): void {
  const identity = (BigInt(Math.floor(Date.now() / 1000)) << 32n) | BigInt(randomBytes(4).readUInt32LE())
  const controlPath = join(dataDirectory, 'global/pg_control')
  const control = readFileSync(controlPath)
  const checksumAt = findChecksum(control)
  control.writeBigUInt64LE(identity, 0)
  control.writeUInt32LE(crc32c(control.subarray(0, checksumAt)), checksumAt)
  writeFileSync(controlPath, control)
  const folder = join(dataDirectory, 'pg_wal')
  for (const name of readdirSync(folder).filter((entry) => /^[0-9A-F]{24}$/.test(entry))) {
    const segment = readFileSync(join(folder, name))
    segment.writeBigUInt64LE(identity, 24)
    writeFileSync(join(folder, name), segment)
  }
}

/** Where the checksum of pg_control lies differs between versions: it is where it fits. */
function findChecksum(control: Buffer): number {
  for (let at = 200; at <= 500; at += 4) {
    if (crc32c(control.subarray(0, at)) === control.readUInt32LE(at)) return at
  }
  throw new Error('no checksum in pg_control')
}
