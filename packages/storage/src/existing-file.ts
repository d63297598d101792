import type { Context } from '@holdfast/core/context'
import { AppError } from '@holdfast/core/errors/app-error'
import type { Backend, FileContent, FileId } from './backend.ts'
import { contentSize, readContent } from './file-content.ts'
import { flatPath } from './layout.ts'

/**
 * Settles a write that met a file of its name. A name is the hash of the content, or used once only, so equal size means that an earlier
 * attempt arrived and only its reply was lost. `config` is the exception: two repositories created at the same moment
 * have configs of equal size, so its bytes are compared. Fails with STORAGE_FILE_EXISTS when it is a different file.
 */
export async function settleExisting(
  store: Pick<Backend, 'location' | 'read'>,
  file: FileId,
  existingSizeBytes: number,
  content: FileContent,
  ctx: Context,
): Promise<void> {
  const same =
    existingSizeBytes === contentSize(content) &&
    (file.type !== 'config' || Buffer.compare(await store.read(file, undefined, ctx), await readContent(content)) === 0)
  if (!same) throw new AppError('STORAGE_FILE_EXISTS', { file: flatPath(file), location: store.location })
}
