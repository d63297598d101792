import { access, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { EffectiveConfig } from '@holdfast/core/config/effective-config'
import type { Context } from '@holdfast/core/context'
import { findComposeFiles, readComposeFile } from './compose-file.ts'
import { type EngineState, isAnonymousVolume, readEngine } from './container-engine.ts'
import type { ContainerSetUp } from './container-set-up.ts'
import type { DiscoveredService, DiscoveredVolume, Discovery, ServicePlace } from './discovery.ts'
import { dataMount, findHazards } from './find-hazards.ts'
import { answersAs } from './greet-server.ts'
import { listListeningSockets } from './listening-socket.ts'
import { sourceOfDirectory, sourceOfService } from './match-sources.ts'
import { kindOfImage, kindOfListener } from './workload-kind.ts'

/** Where to look. All is read only. */
export interface DiscoveryRequest {
  /** /proc */
  readonly procDirectory: string
  /** directories in which PostgreSQL has its sockets */
  readonly socketDirectories: readonly string[]
  /** looked through for Compose files, three levels deep */
  readonly composeDirectories: readonly string[]
  /** Unix sockets of container engines; those that are not there are passed over */
  readonly engineSockets: readonly string[]
  /** what is protected already; undefined: nothing is */
  readonly config: EffectiveConfig | undefined
}

/** What keeps data on this machine, what of it no source protects, and what is set up dangerously. */
export async function discover(request: DiscoveryRequest, ctx: Context): Promise<Discovery> {
  const gaps: string[] = []
  const fromFiles = await readComposeFiles(request, gaps, ctx)
  const engine = await readEngines(request, gaps, ctx)
  const known = new Set(fromFiles.map(({ file, name }) => `${file}#${name}`))
  const containers = [...fromFiles, ...engine.containers.filter(({ madeFrom }) => !known.has(madeFrom ?? ''))]
  const contained = containers.flatMap(serviceOfContainer)
  const published = new Set(contained.map(({ kind, found }) => `${kind} ${'port' in found ? found.port : ''}`))
  const listening = [...(await findListeners(request, ctx)), ...(await findSockets(request, ctx))]
  const ownListeners = listening.filter(
    ({ kind, found }) => !('port' in found && published.has(`${kind} ${found.port}`)),
  )
  const services = nameApart([...ownListeners, ...contained]).map((service) => {
    const protectedBy = sourceOfService(request.config, service)
    return protectedBy === undefined ? service : { ...service, protectedBy }
  })
  const volumes = findVolumes(containers, engine, services, request.config)
  return { services, volumes, hazards: findHazards(containers, volumes), gaps }
}

async function readComposeFiles(
  { composeDirectories }: DiscoveryRequest,
  gaps: string[],
  ctx: Context,
): Promise<ContainerSetUp[]> {
  const containers: ContainerSetUp[] = []
  for (const file of await findComposeFiles(composeDirectories, ctx)) {
    try {
      containers.push(...(await readComposeFile(file)))
    } catch (error) {
      // the parser's own words show what stands in the file
      gaps.push(`${file} is no Compose file that can be read${error instanceof SyntaxError ? ': no valid YAML' : ''}`)
    }
  }
  return containers
}

async function readEngines({ engineSockets }: DiscoveryRequest, gaps: string[], ctx: Context): Promise<EngineState> {
  const states: EngineState[] = []
  for (const socket of engineSockets) {
    if (!(await exists(socket))) continue
    try {
      states.push(await readEngine(socket, ctx))
    } catch (error) {
      gaps.push(`the container engine at ${socket} cannot be asked: ${error instanceof Error ? error.message : ''}`)
    }
  }
  return { containers: states.flatMap((state) => state.containers), volumes: states.flatMap((state) => state.volumes) }
}

async function findListeners({ procDirectory }: DiscoveryRequest, ctx: Context): Promise<DiscoveredService[]> {
  const sockets = await listListeningSockets(procDirectory)
  const found = new Map<string, DiscoveredService>()
  for (const { address, port, program } of sockets) {
    // what a container engine forwards is not known by the name of the forwarder
    const own =
      program !== undefined && /^(?:docker-pr|rootlessport|conmon|slirp4netns|pasta)/.test(program)
        ? undefined
        : program
    const kind = kindOfListener(own, port)
    if (kind === undefined || found.has(`${kind.kind} ${port}`)) continue
    const host = address === '0.0.0.0' || address === '::' ? '127.0.0.1' : address
    if (!(await answersAs(kind.kind, { host, port }, ctx))) continue
    const place: ServicePlace = { type: 'port', host, port, ...(own === undefined ? {} : { program: own }) }
    const name = port === kind.port ? kind.kind : `${kind.kind}-${port}`
    found.set(`${kind.kind} ${port}`, { kind: kind.kind, name, found: place })
  }
  // Redis' cluster bus and MongoDB's internals listen too, but do not answer as such
  return [...found.values()]
}

/** Servers of PostgreSQL that are reached by a socket only. */
async function findSockets(request: DiscoveryRequest, ctx: Context): Promise<DiscoveredService[]> {
  const listening = new Set((await listListeningSockets(request.procDirectory)).map(({ port }) => port))
  const found = new Map<number, DiscoveredService>()
  for (const directory of request.socketDirectories) {
    for (const name of await readdir(directory).catch(() => [])) {
      const port = Number(/^\.s\.PGSQL\.(\d+)$/.exec(name)?.[1])
      if (Number.isNaN(port) || listening.has(port) || found.has(port)) continue
      if (!(await answersAs('postgresql', { path: join(directory, name) }, ctx))) continue
      const own = port === 5432 ? 'postgresql' : `postgresql-${port}`
      found.set(port, { kind: 'postgresql', name: own, found: { type: 'socket', directory, port } })
    }
  }
  return [...found.values()]
}

function serviceOfContainer({ name, image, file, ports }: ContainerSetUp): DiscoveredService[] {
  const kind = kindOfImage(image)
  if (kind === undefined) return []
  const port = ports.get(kind.port)
  const reached = port === undefined ? {} : { port }
  const found: ServicePlace =
    file === undefined
      ? { type: 'container', container: name, image, ...reached }
      : { type: 'compose', file, service: name, image, ...reached }
  return [{ kind: kind.kind, name, found }]
}

/** Names of sources are unique: "db", "db-2". */
function nameApart(services: readonly DiscoveredService[]): DiscoveredService[] {
  const counts = new Map<string, number>()
  return services.map((service) => {
    const count = (counts.get(service.name) ?? 0) + 1
    counts.set(service.name, count)
    return count === 1 ? service : { ...service, name: `${service.name}-${count}` }
  })
}

function findVolumes(
  containers: readonly ContainerSetUp[],
  engine: EngineState,
  services: readonly DiscoveredService[],
  config: EffectiveConfig | undefined,
): DiscoveredVolume[] {
  const directories = new Map(engine.volumes.map(({ name, directory }) => [name, directory]))
  const names = new Map<string, ContainerSetUp[]>()
  for (const { name } of engine.volumes) if (!isAnonymousVolume(name)) names.set(name, [])
  for (const container of containers) {
    for (const mount of container.mounts) {
      if (mount.type === 'volume') names.set(mount.source, [...(names.get(mount.source) ?? []), container])
    }
  }
  return [...names].map(([name, users]) => {
    const directory = directories.get(name)
    const owner = users.find((user) => holdsData(user, name))
    const holds = owner === undefined ? undefined : kindOfImage(owner.image)?.kind
    const [file] = users.flatMap((user) => user.file ?? [])
    const protectedBy =
      holds === undefined
        ? directory === undefined
          ? undefined
          : sourceOfDirectory(config, directory)
        : services.find((service) => isServiceOf(service, owner))?.protectedBy
    return {
      name,
      usedBy: users.map((user) => user.name),
      ...(directory === undefined ? {} : { directory }),
      ...(file === undefined ? {} : { file }),
      ...(holds === undefined ? {} : { holds }),
      ...(protectedBy === undefined ? {} : { protectedBy }),
    }
  })
}

function holdsData(container: ContainerSetUp, volume: string): boolean {
  const kind = kindOfImage(container.image)
  return kind !== undefined && dataMount(container, kind)?.source === volume
}

function isServiceOf({ found }: DiscoveredService, container: ContainerSetUp | undefined): boolean {
  if (container === undefined) return false
  if (found.type === 'compose') return found.file === container.file && found.service === container.name
  return found.type === 'container' && found.container === container.name
}

async function exists(path: string): Promise<boolean> {
  return await access(path).then(
    () => true,
    () => false,
  )
}
