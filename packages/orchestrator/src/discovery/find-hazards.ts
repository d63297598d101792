import type { ContainerMount, ContainerSetUp } from './container-set-up.ts'
import type { DiscoveredVolume, Hazard } from './discovery.ts'
import { kindOfImage, type WorkloadKind } from './workload-kind.ts'

/** Set-ups that lose data. Pure: what is known in, what is dangerous out. */
export function findHazards(containers: readonly ContainerSetUp[], volumes: readonly DiscoveredVolume[]): Hazard[] {
  const ofData = containers.flatMap((container) => {
    const kind = kindOfImage(container.image)
    return kind === undefined ? [] : hazardsOf(container, kind)
  })
  return [...ofData, ...volumes.filter(({ protectedBy }) => protectedBy === undefined).map(unprotected)]
}

/** The mount that holds the data of a container of this kind: of several, the one nearest to the data. */
export function dataMount({ mounts }: ContainerSetUp, { dataPaths }: WorkloadKind): ContainerMount | undefined {
  const [nearest] = mounts
    .filter(({ target }) =>
      dataPaths.some((path) => target === path || isWithin(path, target) || isWithin(target, path)),
    )
    .toSorted((left, right) => right.target.length - left.target.length)
  return nearest
}

function hazardsOf(container: ContainerSetUp, kind: WorkloadKind): Hazard[] {
  const { subject, file } = container
  const place = isBeforePostgres18(container) ? `${postgresHome}/data` : (kind.dataPaths[0] ?? '')
  const mount = dataMount(container, kind)
  if (mount === undefined || mount.type === 'tmpfs') {
    return [
      {
        kind: 'no-volume',
        // what only caches may lose everything
        severity: kind.kind === 'redis' ? 'info' : 'critical',
        subject,
        message: `has no volume for the data of ${kind.kind}: it is lost when the container is removed or made anew`,
        advice: `Give it a named volume at ${place}, after a dump of what is in it now.`,
      },
    ]
  }
  if (isBeforePostgres18(container) && mount.target === postgresHome) {
    return [
      {
        kind: 'anonymous-volume',
        severity: 'critical',
        subject,
        message: `mounts ${mount.source} at ${postgresHome}, but images of PostgreSQL before 18 put a volume without a name over it, at ${place}, and the data into that: a new container gets a new, empty one`,
        advice: `Mount at ${place}, after a dump of what is in it now.`,
      },
    ]
  }
  if (mount.type === 'anonymous') {
    return [
      {
        kind: 'anonymous-volume',
        severity: 'critical',
        subject,
        message: `keeps the data of ${kind.kind} in a volume without a name: a new container gets a new, empty one, and \`down -v\` or \`docker volume prune\` removes it`,
        advice: `Name the volume at ${mount.target}, after a dump of what is in it now.`,
      },
    ]
  }
  if (mount.type === 'bind') {
    return [
      {
        kind: 'bind-mount',
        severity: 'warning',
        subject,
        message: `keeps the data of ${kind.kind} in ${mount.source}, a directory of the host: copying those files while it runs makes no backup that can be restored, and anyone who tidies up there removes the database`,
        advice: `Back it up through the server (a source of type ${kind.kind}), never as files; a named volume at ${mount.target} is safer.`,
      },
    ]
  }
  if (file === undefined || mount.isExternal === true) return []
  return [
    {
      kind: 'down-v',
      severity: 'info',
      subject,
      message: `keeps the data of ${kind.kind} in the volume ${mount.source}, which \`docker compose down -v\` removes`,
      advice: 'Declare the volume `external: true`, so that Compose never removes it.',
    },
  ]
}

const postgresHome = '/var/lib/postgresql'

/** The official image; one without a version is the newest. */
function isBeforePostgres18({ image }: ContainerSetUp): boolean {
  const major = /(?:^|\/)postgres:(\d+)/.exec(image)?.[1]
  return major !== undefined && Number(major) < 18
}

function unprotected({ name, usedBy, holds, directory }: DiscoveredVolume): Hazard {
  const users = usedBy.length === 0 ? 'no container' : usedBy.join(', ')
  const path = directory === undefined ? 'its directory' : directory
  return {
    kind: 'unprotected-volume',
    severity: 'warning',
    subject: `volume ${name}`,
    message: `is used by ${users} and has no tier: no source protects it`,
    advice:
      holds === undefined
        ? `Add a source of type files with ${path}.`
        : `Add a source of type ${holds} for its server.`,
  }
}

function isWithin(path: string, directory: string): boolean {
  return path.startsWith(`${directory}/`)
}
