import { type HeadObjectCommandOutput, RestoreObjectCommand, type S3Client } from '@aws-sdk/client-s3'
import { isArchiveClass, type RetrievalRequest } from '../archive-class.ts'
import type { FileInfo } from '../backend.ts'
import { s3Failure } from './s3-error.ts'

/** What is in the standard class is not worth a word; many servers never name another. */
export function storageClassOf(storageClass: string | undefined): Pick<FileInfo, 'storageClass'> {
  return storageClass === undefined || storageClass === 'STANDARD' ? {} : { storageClass }
}

/**
 * Whether an object has to be brought back, from the reply to HEAD: `x-amz-restore` says whether that was asked for
 * (ongoing-request="true") or a readable copy is there ("false"); `x-amz-archive-status` is given for objects that
 * intelligent tiering has archived.
 */
export function archivedOf(
  head: Pick<HeadObjectCommandOutput, 'StorageClass' | 'ArchiveStatus' | 'Restore'>,
): Pick<FileInfo, 'archived'> {
  const { StorageClass, ArchiveStatus, Restore = '' } = head
  const archiveClass = ArchiveStatus ?? (isArchiveClass(StorageClass) ? StorageClass : undefined)
  if (archiveClass === undefined || Restore.includes('ongoing-request="false"')) return {}
  return { archived: { archiveClass, isRequested: Restore.includes('ongoing-request="true"') } }
}

export interface ArchivedObject {
  readonly bucket: string
  readonly key: string
  /** by intelligent tiering, which moves it back for good and takes no number of days */
  readonly isTiered: boolean
}

/** Asks for an archived object. That somebody else has just done so is as good. */
export async function askForObject(
  client: S3Client,
  { bucket, key, isTiered }: ArchivedObject,
  { days, tier }: RetrievalRequest,
  abortSignal: AbortSignal,
): Promise<void> {
  const GlacierJobParameters = { Tier: tier === 'bulk' ? ('Bulk' as const) : ('Standard' as const) }
  const RestoreRequest = { ...(isTiered ? {} : { Days: days }), GlacierJobParameters }
  try {
    await client.send(new RestoreObjectCommand({ Bucket: bucket, Key: key, RestoreRequest }), { abortSignal })
  } catch (error) {
    if (s3Failure(error)?.code !== 'RestoreAlreadyInProgress') throw error
  }
}
