import { readFile } from 'node:fs/promises'
import type { RequestListener } from 'node:http'
import { createServer, type Server } from 'node:https'
import { createSecureContext } from 'node:tls'
import type { AccessSettings } from '@holdfast/core/config/access-settings'
import { type Context, withSignal } from '@holdfast/core/context'
import { AppError } from '@holdfast/core/errors/app-error'
import { connectionsCheckingInterval } from '../http/open-http.ts'
import { repeat } from '../repeat.ts'
import type { ServerLog } from '../server-log.ts'
import { toldOnce } from '../told-once.ts'

/** What the server proves its name with; read again when its files change, for connections that are made from then on. */
export interface TlsIdentity extends AsyncDisposable {
  createServer(listener: RequestListener): Server
}

interface Pem {
  readonly cert: Buffer
  readonly key: Buffer
}

type TlsFiles = NonNullable<AccessSettings['tls']>

/** RFC 8996 has done away with what came before. */
const minVersion = 'TLSv1.2'

/** Looks at the files every `everyMs`, until the context is stopped. Fails with TLS_UNUSABLE. */
export async function openTlsIdentity(
  files: TlsFiles,
  { log, everyMs }: { readonly log: ServerLog; readonly everyMs: number },
  ctx: Context,
): Promise<TlsIdentity> {
  let pem = await readPem(files)
  const servers: Server[] = []
  const stop = new AbortController()
  const look = async (): Promise<void> => {
    const next = await readPem(files)
    if (next.cert.equals(pem.cert) && next.key.equals(pem.key)) return
    for (const server of servers) server.setSecureContext({ ...next, minVersion })
    pem = next
    log.write('info', `the certificate was read again from ${files.certificate}`)
  }
  // of two files one is replaced before the other: until both are, those that fit together stay
  const failed = toldOnce(log, 'the certificate was not read again', () => ctx.now())
  const looking = repeat(() => everyMs, look, failed, withSignal(ctx, AbortSignal.any([ctx.signal, stop.signal])))
  return {
    createServer(listener) {
      const server = createServer({ ...pem, minVersion, connectionsCheckingInterval }, listener)
      servers.push(server)
      return server
    },
    async [Symbol.asyncDispose]() {
      stop.abort()
      await looking.over
    },
  }
}

async function readPem({ certificate, key }: TlsFiles): Promise<Pem> {
  try {
    const pem = { cert: await readFile(certificate), key: await readFile(key) }
    // fails when they are no PEM, or do not belong together
    createSecureContext({ ...pem, minVersion })
    return pem
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new AppError('TLS_UNUSABLE', { certificate, key, reason }, { cause: error })
  }
}
