/** A provider of identities as others run it, in this process; on it, people sign in by their subject alone. Only for tests. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Provider } from 'oidc-provider'
import { providerSecret } from './access-fixture.ts'

export interface RealProvider extends AsyncDisposable {
  readonly issuer: string
  /** whoever is not here has no other name than the subject, and no groups */
  readonly people: Map<string, Person>
}

export const client = { id: 'holdfast', secret: providerSecret }

interface Person {
  readonly name: string
  readonly groups: readonly string[]
}

/** `redirectTo`: where browsers may be sent back to */
export async function startProvider(redirectTo: readonly string[]): Promise<RealProvider> {
  const server = createServer()
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  // boundary: a server that listens on a port has an AddressInfo
  const { port } = server.address() as AddressInfo
  const issuer = `http://127.0.0.1:${port}`
  const people = new Map<string, Person>()
  const provider = new Provider(issuer, {
    clients: [
      {
        client_id: client.id,
        client_secret: client.secret,
        redirect_uris: redirectTo,
        grant_types: ['authorization_code'],
        response_types: ['code'],
      },
    ],
    cookies: { keys: ['for tests only'] },
    claims: { openid: ['sub'], profile: ['preferred_username', 'groups'], email: ['email', 'email_verified'] },
    features: { devInteractions: { enabled: true } },
    pkce: { required: () => true },
    findAccount: (_ctx: unknown, sub: string) => ({
      accountId: sub,
      claims: () => {
        const { name, groups } = people.get(sub) ?? { name: sub, groups: [] }
        return { sub, preferred_username: name, groups, email: `${sub}@id.example`, email_verified: true }
      },
    }),
  })
  server.on('request', provider.callback())
  return {
    issuer,
    people,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
