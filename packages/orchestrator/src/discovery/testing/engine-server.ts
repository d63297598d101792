import { once } from 'node:events'
import { createServer } from 'node:http'

/** For tests: what a Docker engine answers to the two questions that are asked of it. */
export interface EngineServer extends AsyncDisposable {
  /** method and path of every request */
  readonly requests: readonly string[]
}

/** Answers at a Unix socket as the Docker Engine API does: GET /containers/json and GET /volumes. */
export async function startEngineServer(
  socketPath: string,
  state: { readonly containers: readonly unknown[]; readonly volumes: readonly unknown[] },
): Promise<EngineServer> {
  const requests: string[] = []
  const server = createServer((request, response) => {
    requests.push(`${request.method ?? ''} ${request.url ?? ''}`)
    const answer = (body: unknown) => response.setHeader('content-type', 'application/json').end(JSON.stringify(body))
    if (request.url === '/containers/json?all=1') answer(state.containers)
    else if (request.url === '/volumes') answer({ Volumes: state.volumes, Warnings: null })
    else response.writeHead(404).end('{"message":"page not found"}')
  })
  server.listen(socketPath)
  await once(server, 'listening')
  return {
    requests,
    [Symbol.asyncDispose]: async () => {
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
    },
  }
}
