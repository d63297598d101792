import { randomBytes } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { quietContext } from '@holdfast/core/context'
import type { Repository } from '@holdfast/repository/repository'
import { save } from '@holdfast/repository/save/save'
import { groupByHostAndPaths } from '@holdfast/repository/snapshot/group-snapshots'
import {
  createGatewayFixture,
  type FixtureAgent,
  type GatewayFixture,
} from '@holdfast/server/gateway/testing/gateway-fixture'
import { createForger, type ForgedFile, type Forger } from './forged-files.ts'
import { basic, type HostileReply, type HostileRequest, sendHostile } from './hostile-request.ts'
import { stateOf } from './repository-state.ts'

type Folder = 'data' | 'index' | 'keys' | 'locks' | 'snapshots'

/**
 * An agent's host has been taken over: whoever did it has the agent's secret and the password of the repository, and with
 * them the key. What they send is not what any program of ours would send.
 */
export interface Hijack extends AsyncDisposable {
  readonly site: GatewayFixture
  /** past the gateway */
  readonly shared: Repository
  readonly forger: Forger
  /** one name of each folder that was there before */
  readonly known: Readonly<Record<Folder, string>>
  /** With the secret of an agent, unless other headers say otherwise. */
  ask(agent: FixtureAgent, method: string, path: string, more?: Partial<HostileRequest>): Promise<HostileReply>
  send(agent: FixtureAgent, file: ForgedFile): Promise<HostileReply>
  /** every file of "shared" and of "foreign" */
  bothStates(): Promise<readonly [ReadonlyMap<string, string>, ReadonlyMap<string, string>]>
}

const ctx = quietContext()

export async function createHijack(): Promise<Hijack> {
  const site = await createGatewayFixture()
  const shared = await site.open('shared')
  const forger = createForger(shared, ctx)
  await writeFile(join(site.directory, 'site/page'), randomBytes(100_000))
  await backUp(site, shared, 'the-server')
  await backUp(site, await site.open('foreign'), 'other')
  const lock = forger.lock({ time: ctx.now().toISOString(), exclusive: false })
  await shared.backend.write({ type: 'lock', name: lock.name }, lock.bytes, { content: 'metadata' }, ctx)
  const first = async (type: 'data' | 'index' | 'key' | 'snapshot'): Promise<string> => {
    for await (const { name } of shared.backend.list(type, ctx)) return name
    return ''
  }
  const ask: Hijack['ask'] = (agent, method, path, more = {}) => {
    const authorization = basic(agent, site.secrets[agent])
    return sendHostile(site.origin, { method, path, ...more, headers: { authorization, ...more.headers } })
  }
  return {
    ...{ site, shared, forger, ask },
    known: {
      data: await first('data'),
      index: await first('index'),
      keys: await first('key'),
      locks: lock.name,
      snapshots: await first('snapshot'),
    },
    send: (agent, { folder, name, bytes }) => ask(agent, 'POST', `/gateway/shared/${folder}/${name}`, { body: bytes }),
    bothStates: async () => [
      await stateOf(site.repositoryPath('shared')),
      await stateOf(site.repositoryPath('foreign')),
    ],
    [Symbol.asyncDispose]: () => site[Symbol.asyncDispose](),
  }
}

async function backUp(site: GatewayFixture, repository: Repository, hostname: string): Promise<void> {
  const source = { type: 'paths', paths: [join(site.directory, 'site')], workingDirectory: '/' } as const
  await save(
    [repository],
    {
      ...{ source, identity: { hostname, username: 'root', uid: 0, gid: 0 }, time: ctx.now(), tags: [] },
      ...{ programVersion: 'test', filter: {}, excludes: [], parent: { type: 'choose', groupBy: groupByHostAndPaths } },
      ...{ withAtime: false, ignoreCtime: false, ignoreInode: false, compression: 'auto', packBytes: 4 << 20 },
      ...{ workers: 1, dryRun: false, skipIfUnchanged: false, verbose: false, scan: false },
    },
    ctx,
  )
}
