import type { FileId } from '@holdfast/storage/backend'

/** restic's folders, as its REST protocol names them. */
const folders = { data: 'data', index: 'index', keys: 'key', locks: 'lock', snapshots: 'snapshot' } as const
export type GatewayFileType = (typeof folders)[keyof typeof folders]

/** What of a repository a request is about. */
export type GatewayTarget =
  | { readonly kind: 'root'; readonly isCreate: boolean }
  | { readonly kind: 'config' }
  | { readonly kind: 'listing'; readonly type: GatewayFileType }
  | { readonly kind: 'file'; readonly file: FileId & { readonly type: GatewayFileType } }

export interface GatewayPath {
  readonly repository: string
  readonly target: GatewayTarget
}

const pathPattern =
  /^\/gateway\/([^/?#]+)\/(?:(config)|(data|index|keys|locks|snapshots)\/([0-9a-f]{64})?)?(\?create=true)?$/

/**
 * Reads the path of a request as it was sent. Only the name of the repository may be encoded; what is not exactly a path of
 * restic's protocol is undefined, so that there is nothing to normalise.
 */
export function parseGatewayPath(url: string): GatewayPath | undefined {
  const [, encoded, config, folder, name, create] = pathPattern.exec(url) ?? []
  const repository = encoded === undefined ? undefined : decode(encoded)
  if (repository === undefined) return undefined
  const target = targetOf(config, folder, name, create !== undefined)
  return target === undefined ? undefined : { repository, target }
}

function targetOf(
  config: string | undefined,
  folder: string | undefined,
  name: string | undefined,
  isCreate: boolean,
): GatewayTarget | undefined {
  if (config === undefined && folder === undefined) return { kind: 'root', isCreate }
  if (isCreate) return undefined
  if (config !== undefined) return { kind: 'config' }
  if (folder !== 'data' && folder !== 'index' && folder !== 'keys' && folder !== 'locks' && folder !== 'snapshots') {
    return undefined
  }
  const type = folders[folder]
  return name === undefined ? { kind: 'listing', type } : { kind: 'file', file: { type, name } }
}

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
}
