import { chownSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Account } from './unprivileged-account.ts'
import { runAs } from './postgres-process.ts'

/** Files of an authority made for one test server, which is "localhost" and 127.0.0.1. */
export interface TestCertificates {
  readonly root: string
  readonly server: { readonly certificate: string; readonly key: string }
  /** a certificate for a role */
  client(role: string): Promise<{ readonly certificate: string; readonly key: string }>
}

/** `signature` is the digest of the signature ("sha256", "sha384"); keys are of the curve P-256. */
export async function makeCertificates(
  directory: string,
  account: Account | undefined,
  signature = 'sha256',
): Promise<TestCertificates> {
  const openssl = (...args: string[]): Promise<string> => runAs(undefined, 'openssl', args, { cwd: directory })
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2', `-${signature}`]
  await openssl('req', '-x509', ...newKey, '-keyout', 'root.key', '-out', 'root.crt', '-subj', '/CN=test authority')
  const sign = async (name: string, subject: string, extension: string) => {
    await openssl('req', ...newKey, '-keyout', `${name}.key`, '-out', `${name}.csr`, '-subj', `/CN=${subject}`)
    writeFileSync(join(directory, `${name}.ext`), extension)
    const authority = ['-CA', 'root.crt', '-CAkey', 'root.key', '-CAcreateserial', `-${signature}`, '-days', '2']
    const files = ['-in', `${name}.csr`, '-out', `${name}.crt`, '-extfile', `${name}.ext`]
    await openssl('x509', '-req', ...files, ...authority)
    return { certificate: join(directory, `${name}.crt`), key: join(directory, `${name}.key`) }
  }
  const server = await sign('server', 'localhost', 'subjectAltName=DNS:localhost,IP:127.0.0.1\n')
  if (account !== undefined) for (const file of Object.values(server)) chownSync(file, account.uid, account.gid)
  return {
    root: join(directory, 'root.crt'),
    server,
    client: (role) => sign(`client-${role}`, role, 'extendedKeyUsage=clientAuth\n'),
  }
}
