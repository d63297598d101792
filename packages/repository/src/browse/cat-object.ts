import type { Context } from '@holdfast/core/context'
import { AppError } from '@holdfast/core/errors/app-error'
import type { FileType } from '@holdfast/storage/backend'
import { open } from '../format/crypto.ts'
import { isHexId, JsonFields } from '../format/json-fields.ts'
import { loadIndex } from '../engine/load-index.ts'
import { readUnpacked, readVerified } from '../open/unpacked-files.ts'
import type { Repository } from '../repository.ts'
import { findSnapshot } from '../snapshot/find-snapshot.ts'
import { readBlob } from '../tree/read-blob.ts'
import { resolvePath } from '../tree/resolve-path.ts'
import { createTreeSource } from '../tree/tree-source.ts'

export const catTypes = ['config', 'masterkey', 'index', 'snapshot', 'key', 'lock', 'pack', 'blob', 'tree'] as const

export type CatType = (typeof catTypes)[number]

/** What an object holds: JSON to be shown, or bytes as they are. */
export type CatResult = { readonly json: unknown } | { readonly bytes: Uint8Array }

/**
 * The content of one object of a repository, decrypted. `id` may be the beginning of one; blobs are named in full; a
 * tree is named by a snapshot, "id:subfolder" or "latest".
 * @throws AppError OBJECT_UNKNOWN, OBJECT_AMBIGUOUS, SNAPSHOT_UNKNOWN, PATH_UNKNOWN, REPOSITORY_DAMAGED, STORAGE_…
 */
export async function catObject(repository: Repository, type: CatType, id: string, ctx: Context): Promise<CatResult> {
  const { backend, key } = repository
  switch (type) {
    case 'config':
      return json(open(key, await backend.read({ type, name: 'config' }, undefined, ctx), 'config'))
    case 'masterkey':
      return { json: masterKeyJson(repository) }
    case 'key':
      return json(await readVerified(backend, { type, name: await findFile(repository, type, id, ctx) }, ctx))
    case 'index':
    case 'lock':
      return json(await readUnpacked(repository, { type, name: await findFile(repository, type, id, ctx) }, ctx))
    case 'snapshot':
      return json(await readUnpacked(repository, { type, name: await findSnapshotFile(repository, id, ctx) }, ctx))
    case 'pack':
      return { bytes: await readPack(repository, id, ctx) }
    case 'blob':
      if (!isHexId(id)) throw new AppError('OBJECT_UNKNOWN', { type, id })
      return { bytes: await readBlob(repository, await loadIndex(repository, ctx), id, ctx) }
    case 'tree':
      return { bytes: await readTreeOf(repository, id, ctx) }
  }
}

function json(bytes: Uint8Array): CatResult {
  return { json: JsonFields.parse(bytes, 'the object').raw }
}

function masterKeyJson({ key }: Repository): unknown {
  const base64 = (bytes: Buffer): string => bytes.toString('base64')
  return { mac: { k: base64(key.macK), r: base64(key.macR) }, encrypt: base64(key.encrypt) }
}

async function findSnapshotFile(repository: Repository, text: string, ctx: Context): Promise<string> {
  return (await findSnapshot(repository, text, {}, ctx)).id
}

/** Also a damaged pack: looking into it is what this is for. */
async function readPack(repository: Repository, id: string, ctx: Context): Promise<Uint8Array> {
  const name = await findFile(repository, 'data', id, ctx)
  return repository.backend.read({ type: 'data', name }, undefined, ctx)
}

async function readTreeOf(repository: Repository, text: string, ctx: Context): Promise<Buffer> {
  const { snapshot, subfolder } = await findSnapshot(repository, text, {}, ctx)
  const trees = createTreeSource(repository, await loadIndex(repository, ctx))
  const { treeId } = await resolvePath(trees, snapshot.tree, subfolder ?? '/', text, ctx)
  if (treeId === undefined) throw new AppError('OBJECT_UNKNOWN', { type: 'tree', id: text })
  return trees.readRaw(treeId, ctx)
}

async function findFile(repository: Repository, type: FileType, prefix: string, ctx: Context): Promise<string> {
  const names: string[] = []
  const shown = type === 'data' ? 'pack' : type
  for await (const { name } of repository.backend.list(type, ctx)) if (name.startsWith(prefix)) names.push(name)
  const [name] = names
  if (name === undefined || prefix === '') throw new AppError('OBJECT_UNKNOWN', { type: shown, id: prefix })
  if (names.length > 1) throw new AppError('OBJECT_AMBIGUOUS', { type: shown, id: prefix, count: names.length })
  return name
}
