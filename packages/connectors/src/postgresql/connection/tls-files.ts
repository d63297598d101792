import { createPrivateKey, X509Certificate, type KeyObject } from 'node:crypto'
import { readFile, stat } from 'node:fs/promises'
import { getCACertificates, type SecureContextOptions } from 'node:tls'
import { AppError } from '@holdfast/core/errors/app-error'
import type { TlsFile, TlsSettings } from './target.ts'

/** What the files of the settings hold, as Node's TLS takes it. Fails with POSTGRES_TLS_FILE_UNUSABLE. */
export async function readTlsFiles(settings: TlsSettings): Promise<SecureContextOptions> {
  const ca = await readAuthorities(settings)
  const cert = await readCertificate('sslcert', settings.certificate)
  // A key without certificate is of no use, and its default place may hold one for other servers.
  const key = cert === undefined ? undefined : await readKey(settings, cert)
  const crl = await readIfThere('sslcrl', settings.revocationList)
  return {
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined || key === undefined ? {} : { cert, key }),
    ...(settings.keyPassword === undefined ? {} : { passphrase: settings.keyPassword }),
    ...(crl === undefined ? {} : { crl }),
    minVersion: settings.minimumVersion,
  }
}

async function readAuthorities({ rootCertificate, mode }: TlsSettings): Promise<string | string[] | undefined> {
  if (rootCertificate?.path === 'system') return getCACertificates('system')
  const ca = await readCertificate('sslrootcert', rootCertificate)
  if (ca === undefined && mode.startsWith('verify')) {
    const reason = `sslmode=${mode} needs it; sslrootcert=system trusts the authorities of this machine`
    throw unusable('sslrootcert', rootCertificate?.path ?? 'root.crt', reason)
  }
  return ca
}

/** TLS would pass over an authority that it cannot read, and then call the server untrusted. */
async function readCertificate(setting: string, file: TlsFile | undefined): Promise<string | undefined> {
  const text = await readIfThere(setting, file)
  if (text === undefined || file === undefined) return undefined
  try {
    void new X509Certificate(text)
    return text
  } catch (error) {
    throw unusable(setting, file.path, 'it holds no certificate in PEM', error)
  }
}

async function readKey({ key, certificate, keyPassword }: TlsSettings, cert: string): Promise<string> {
  const path = key?.path ?? ''
  const text = await readIfThere('sslkey', key)
  if (text === undefined) throw unusable('sslkey', path, `the certificate ${certificate?.path ?? ''} needs its key`)
  const { mode, uid } = await stat(path)
  // Root's keys may be readable by a group, as certificates that several services share are.
  if ((mode & (uid === 0 ? 0o027 : 0o077)) !== 0) throw unusable('sslkey', path, 'others can read or write it')
  if (!new X509Certificate(cert).checkPrivateKey(parseKey(path, text, keyPassword))) {
    throw unusable('sslkey', path, `it is not the key of ${certificate?.path ?? 'the certificate'}`)
  }
  return text
}

/** What OpenSSL says of a key that it cannot read would help nobody. */
function parseKey(path: string, text: string, password: string | undefined): KeyObject {
  try {
    return createPrivateKey({ key: text, ...(password === undefined ? {} : { passphrase: password }) })
  } catch (error) {
    const isEncrypted = /^-----BEGIN ENCRYPTED|^Proc-Type: \d,ENCRYPTED/m.test(text)
    const locked = password === undefined ? 'it is encrypted, and there is no sslpassword' : 'its sslpassword is wrong'
    throw unusable('sslkey', path, isEncrypted ? locked : 'it holds no private key in PEM', error)
  }
}

async function readIfThere(setting: string, file: TlsFile | undefined): Promise<string | undefined> {
  if (file === undefined) return undefined
  try {
    return await readFile(file.path, 'utf8')
  } catch (error) {
    const isMissing = error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR')
    if (isMissing && file.isDefault) return undefined
    const reason = isMissing ? 'it does not exist' : error instanceof Error ? error.message : String(error)
    throw unusable(setting, file.path, reason, error)
  }
}

function unusable(setting: string, file: string, reason: string, cause?: unknown): AppError {
  return new AppError('POSTGRES_TLS_FILE_UNUSABLE', { setting, file, reason }, { cause })
}
