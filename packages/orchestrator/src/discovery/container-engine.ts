import { request } from 'node:http'
import { isSettingMap, mapAt, type Setting, type SettingMap, textAt } from '@holdfast/core/config/setting'
import type { Context } from '@holdfast/core/context'
import type { ContainerMount, ContainerSetUp } from './container-set-up.ts'

export interface EngineVolume {
  readonly name: string
  /** on this machine */
  readonly directory: string
}

export interface EngineState {
  readonly containers: readonly ContainerSetUp[]
  readonly volumes: readonly EngineVolume[]
}

const timeoutMs = 5000
const maxBytes = 32 << 20

/**
 * What a Docker engine (or Podman's service) says of its containers and volumes: two questions over its Unix socket
 * (Docker Engine API, ContainerList and VolumeList), nothing is changed. Throws an Error with the reason.
 */
export async function readEngine(socketPath: string, ctx: Context): Promise<EngineState> {
  const [containers, volumes] = await Promise.all([
    ask(socketPath, '/containers/json?all=1', ctx),
    ask(socketPath, '/volumes', ctx),
  ])
  const found = isSettingMap(volumes) ? volumes['Volumes'] : undefined
  return {
    containers: mapsOf(containers).map(readContainer),
    volumes: mapsOf(found).map((each) => ({ name: textAt(each, 'Name'), directory: textAt(each, 'Mountpoint') })),
  }
}

function readContainer(container: SettingMap): ContainerSetUp {
  const names = container['Names']
  const [first] = Array.isArray(names) ? (names as readonly Setting[]) : []
  const name = (typeof first === 'string' ? first : textAt(container, 'Id').slice(0, 12)).replace(/^\//, '')
  return {
    subject: `container ${name}`,
    name,
    image: textAt(container, 'Image'),
    ...madeFrom(container),
    mounts: mapsOf(container['Mounts']).map(readMount),
    ports: new Map(
      mapsOf(container['Ports']).flatMap((port): [number, number][] => {
        const [inside, outside] = [Number(port['PrivatePort']), Number(port['PublicPort'])]
        return inside > 0 && outside > 0 ? [[inside, outside]] : []
      }),
    ),
  }
}

/** Compose leaves in labels where a container comes from. */
function madeFrom(container: SettingMap): Pick<ContainerSetUp, 'madeFrom'> {
  const labels = mapAt(container, 'Labels')
  const [files, service] = ['com.docker.compose.project.config_files', 'com.docker.compose.service'].map((name) =>
    textAt(labels, name),
  )
  return files && service ? { madeFrom: `${files.split(',')[0] ?? ''}#${service}` } : {}
}

function readMount(mount: SettingMap): ContainerMount {
  const [type, name] = [textAt(mount, 'Type'), textAt(mount, 'Name')]
  const target = textAt(mount, 'Destination')
  if (type === 'bind') return { type: 'bind', target, source: textAt(mount, 'Source') }
  if (type === 'tmpfs') return { type: 'tmpfs', target, source: '' }
  // volumes that nobody named are named by 64 hex digits
  return { type: isAnonymousVolume(name) ? 'anonymous' : 'volume', target, source: name }
}

export function isAnonymousVolume(name: string): boolean {
  return /^[0-9a-f]{64}$/.test(name)
}

function mapsOf(value: Setting | undefined): SettingMap[] {
  return Array.isArray(value) ? (value as readonly Setting[]).filter((each) => isSettingMap(each)) : []
}

function ask(socketPath: string, path: string, { signal }: Context): Promise<Setting> {
  return new Promise((resolve, reject) => {
    const asked = request(
      { socketPath, path, headers: { host: 'localhost' }, signal, timeout: timeoutMs },
      (answer) => {
        const chunks: Buffer[] = []
        let sizeBytes = 0
        answer.on('data', (chunk: Buffer) => {
          chunks.push(chunk)
          sizeBytes += chunk.length
          if (sizeBytes > maxBytes) asked.destroy(new Error('the answer is too large'))
        })
        answer.on('error', reject)
        answer.on('end', () => {
          if (answer.statusCode !== 200) return reject(new Error(`it answers with status ${answer.statusCode ?? 0}`))
          try {
            resolve(JSON.parse(Buffer.concat(chunks).toString('utf8')))
          } catch {
            reject(new Error('it does not answer in JSON'))
          }
        })
      },
    )
    asked.on('timeout', () => asked.destroy(new Error('it does not answer')))
    asked.on('error', reject)
    asked.end()
  })
}
