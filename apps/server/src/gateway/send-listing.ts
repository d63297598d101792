import type { Context } from '@holdfast/core/context'
import type { Backend } from '@holdfast/storage/backend'
import type { GatewayFileType } from './gateway-path.ts'

const version1 = 'application/vnd.x.restic.rest.v1'
const version2 = 'application/vnd.x.restic.rest.v2'

export interface Listing {
  readonly contentType: string
  /** JSON, in pieces */
  readonly pieces: AsyncIterable<string>
}

/** A listing in the version of the protocol that the client asks for. `only`: names that it may see; absent: all. */
export function makeListing(
  backend: Backend,
  type: GatewayFileType,
  { accept, only }: { readonly accept: string; readonly only: ReadonlySet<string> | undefined },
  ctx: Context,
): Listing {
  const isVersion2 = accept.includes(version2)
  return { contentType: isVersion2 ? version2 : version1, pieces: write(backend, type, isVersion2, only, ctx) }
}

async function* write(
  backend: Backend,
  type: GatewayFileType,
  isVersion2: boolean,
  only: ReadonlySet<string> | undefined,
  ctx: Context,
): AsyncGenerator<string> {
  let text = '['
  let separator = ''
  for await (const { name, sizeBytes } of backend.list(type, ctx)) {
    if (only !== undefined && !only.has(name)) continue
    text += `${separator}${JSON.stringify(isVersion2 ? { name, size: sizeBytes } : name)}`
    separator = ','
    if (text.length < 1 << 16) continue
    yield text
    text = ''
  }
  yield `${text}]`
}
