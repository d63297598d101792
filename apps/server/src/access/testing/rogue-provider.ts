/** A provider of identities that says whatever it is told to. Only for tests. */
import { generateKeyPairSync, sign } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface Said {
  readonly header?: object
  /** laid over what a good one would say */
  readonly claims?: Readonly<Record<string, unknown>>
  /** of another key than the one that it shows */
  readonly isForged?: boolean
}

export interface RogueProvider extends AsyncDisposable {
  readonly issuer: string
  /** Says this next, to whoever comes with the nonce. */
  say(said: Said, nonce: string): void
  readonly userInfo: Record<string, unknown>
}

const client = 'holdfast'

export async function startRogue(): Promise<RogueProvider> {
  const [own, foreign] = [0, 1].map(() => generateKeyPairSync('rsa', { modulusLength: 2048 }))
  if (own === undefined || foreign === undefined) throw new Error('two keys were made')
  let token = ''
  const userInfo: Record<string, unknown> = { sub: '17' }
  let issuer = ''
  const server = createServer((request, response) => {
    const answers: Readonly<Record<string, unknown>> = {
      '/.well-known/openid-configuration': {
        issuer,
        authorization_endpoint: `${issuer}/auth`,
        token_endpoint: `${issuer}/token`,
        jwks_uri: `${issuer}/jwks`,
        userinfo_endpoint: `${issuer}/me`,
        id_token_signing_alg_values_supported: ['RS256'],
        token_endpoint_auth_methods_supported: ['client_secret_post'],
      },
      '/jwks': { keys: [{ ...own.publicKey.export({ format: 'jwk' }), kid: 'own', use: 'sig', alg: 'RS256' }] },
      '/token': { access_token: 'access', token_type: 'bearer', expires_in: 60, id_token: token },
      '/me': userInfo,
    }
    response.setHeader('content-type', 'application/json').end(JSON.stringify(answers[request.url ?? '']))
  })
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  // boundary: a server that listens on a port has an AddressInfo
  issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    issuer,
    userInfo,
    say({ header, claims, isForged = false }, nonce) {
      const now = Math.floor(Date.now() / 1000)
      const parts = [
        { alg: 'RS256', kid: 'own', ...header },
        { iss: issuer, aud: client, sub: '17', nonce, iat: now, exp: now + 60, ...claims },
      ]
      const text = parts.map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.')
      const key = isForged ? foreign.privateKey : own.privateKey
      const unsigned = header !== undefined && 'alg' in header && header.alg === 'none'
      token = `${text}.${unsigned ? '' : sign('sha256', Buffer.from(text), key).toString('base64url')}`
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
