import { hash, randomBytes } from 'node:crypto'
import type { Context } from '@holdfast/core/context'
import type { Backend } from '@holdfast/storage/backend'
import { createMemoryBackend } from '@holdfast/storage/memory/memory-backend'
import { createMasterKey } from '../format/create-master-key.ts'
import { encodeSnapshot, type Snapshot } from '../format/snapshot.ts'
import { writeUnpacked } from '../open/unpacked-files.ts'
import type { Repository } from '../repository.ts'
import type { ListedSnapshot } from './listed-snapshot.ts'

/** For tests: a snapshot of which only what matters is given. Its id follows from its content. */
export function exampleSnapshot(fields: Partial<Snapshot> = {}): ListedSnapshot {
  const snapshot: Snapshot = {
    time: '2026-11-20T12:00:00Z',
    tree: hash('sha256', 'tree', 'hex'),
    paths: ['/srv'],
    hostname: 'web1',
    username: 'root',
    uid: 0,
    gid: 0,
    excludes: [],
    tags: [],
    programVersion: '',
    ...fields,
  }
  return { id: hash('sha256', encodeSnapshot(snapshot), 'hex'), snapshot }
}

/** For tests: an opened, empty repository; it has no config or key file, whose making takes half a second. */
export function exampleRepository(backend: Backend = createMemoryBackend()): Repository {
  return {
    backend,
    config: { version: 2, id: randomBytes(32).toString('hex'), chunkerPolynomial: 0x3da3358b4dc173n },
    key: createMasterKey(),
    keyId: '0'.repeat(64),
  }
}

/** For tests: stores a snapshot and returns it under the id it got. */
export async function storeSnapshot(
  repository: Repository,
  fields: Partial<Snapshot>,
  ctx: Context,
): Promise<ListedSnapshot> {
  const { snapshot } = exampleSnapshot(fields)
  return { id: await writeUnpacked(repository, 'snapshot', encodeSnapshot(snapshot), ctx), snapshot }
}
