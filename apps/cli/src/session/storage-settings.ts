import { readStorageSettings } from '@holdfast/orchestrator/operation/storage-settings'
import type { StorageOptions } from '@holdfast/storage/storage-options'
import type { Variables } from '../argument/option.ts'
import type { GlobalValues } from './global-option.ts'

/** How the store is to be reached, from the global options and the environment. Fails with ARGUMENT_INVALID. */
export function storageOptionsOf(kind: string, global: GlobalValues, variable: Variables): StorageOptions {
  const { limitUpload, limitDownload, cacert, tlsClientCert, insecureTls } = global
  return readStorageSettings({
    kind,
    settings: new Map(global.option),
    label: '-o',
    variable,
    insecureTls,
    ...(limitUpload === undefined ? {} : { uploadBytesPerSecond: limitUpload * 1024 }),
    ...(limitDownload === undefined ? {} : { downloadBytesPerSecond: limitDownload * 1024 }),
    ...(cacert === undefined ? {} : { caFile: cacert }),
    ...(tlsClientCert === undefined ? {} : { clientCertFile: tlsClientCert }),
  })
}
