import { quoteLiteral } from '../../connection/quote.ts'
import type { PhysicalBackupOptions } from '../physical-backup.ts'

type CommandOptions = Pick<PhysicalBackupOptions, 'label' | 'checkpoint' | 'maxRateKib'>

/**
 * BASE_BACKUP as the server's version takes it: with WAL, so that the backup can start alone; with a manifest whose sums are
 * CRC-32C, the only ones a server computes without slowing down; without the server's own look at page checksums, which
 * would fail the whole backup at its end instead of naming the page.
 */
export function baseBackupCommand({ label, checkpoint, maxRateKib }: CommandOptions, versionNumber: number): string {
  const quotedLabel = quoteLiteral(label.replaceAll('\\', '/').replaceAll(/[\0\r\n]/g, ' '))
  if (versionNumber < 150_000) {
    const rate = maxRateKib === undefined ? '' : ` MAX_RATE ${maxRateKib}`
    const fast = checkpoint === 'fast' ? ' FAST' : ''
    return `BASE_BACKUP LABEL ${quotedLabel} PROGRESS${fast} WAL NOWAIT${rate} TABLESPACE_MAP NOVERIFY_CHECKSUMS MANIFEST 'yes' MANIFEST_CHECKSUMS 'CRC32C'`
  }
  const rate = maxRateKib === undefined ? '' : `, MAX_RATE ${maxRateKib}`
  return `BASE_BACKUP (LABEL ${quotedLabel}, PROGRESS, CHECKPOINT '${checkpoint}', WAL, WAIT 0${rate}, TABLESPACE_MAP, VERIFY_CHECKSUMS 0, MANIFEST 'yes', MANIFEST_CHECKSUMS 'CRC32C')`
}
