import type { FileEntry } from '@holdfast/core/entry'
import { formatManifest } from '../../manifest/manifest-file.ts'
import type { BackupManifest } from './backup-manifest.ts'
import { sourceFolder } from './entry-path.ts'

export function manifestEntry(manifest: BackupManifest, modifiedAt: Date): FileEntry {
  return {
    kind: 'file',
    path: `${sourceFolder(manifest.source)}/manifest.json`,
    mode: 0o600,
    modifiedAt,
    content: { type: 'bytes', bytes: formatManifest(manifest) },
  }
}
