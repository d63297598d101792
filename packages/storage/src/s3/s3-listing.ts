import { ListObjectsV2Command, type S3Client } from '@aws-sdk/client-s3'
import type { FileInfo } from '../backend.ts'
import { type FolderType, folderOf, isFileName, shardedPath } from '../layout.ts'
import { storageClassOf } from './s3-archive.ts'

export interface S3Listing {
  readonly client: S3Client
  readonly bucket: string
  /** empty, or ends with a slash */
  readonly root: string
  readonly type: FolderType
}

/** The pages of a listing. Keys that are not a repository's, or lie elsewhere than they should, are skipped. */
export async function* listObjects(listing: S3Listing, abortSignal: AbortSignal): AsyncGenerator<FileInfo[]> {
  const { client, bucket, root, type } = listing
  const seen = new Set<string>()
  let token: string | undefined
  do {
    const command = new ListObjectsV2Command({
      Bucket: bucket,
      Prefix: `${root}${folderOf(type)}/`,
      ...(token === undefined ? {} : { ContinuationToken: token }),
    })
    const page = await client.send(command, { abortSignal })
    // Any other page that happens to be XML would look like an empty repository.
    if (page.IsTruncated === undefined) throw new Error('the server’s listing is malformed: it is not a listing')
    const files: FileInfo[] = []
    for (const { Key: key, Size: sizeBytes, StorageClass: storageClass } of page.Contents ?? []) {
      const name = key?.slice(key.lastIndexOf('/') + 1) ?? ''
      if (!isFileName(name) || key !== root + shardedPath({ type, name })) continue
      if (sizeBytes !== undefined && Number.isSafeInteger(sizeBytes) && sizeBytes >= 0)
        files.push({ type, name, sizeBytes, ...storageClassOf(storageClass) })
    }
    yield files
    token = page.IsTruncated ? page.NextContinuationToken : undefined
    if (page.IsTruncated && (token === undefined || seen.has(token))) {
      throw new Error('the server’s listing is malformed: it has no end')
    }
    if (token !== undefined) seen.add(token)
  } while (token !== undefined)
}
