import { readdir, readFile } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { isSettingMap, mapAt, type Setting, type SettingMap, textAt } from '@holdfast/core/config/setting'
import type { Context } from '@holdfast/core/context'
import { throwIfInterrupted } from '@holdfast/storage/interruption'
import { parse } from 'yaml'
import type { ContainerMount, ContainerSetUp } from './container-set-up.ts'

const fileNames = new Set(['compose.yaml', 'compose.yml', 'docker-compose.yaml', 'docker-compose.yml'])
/** Deeper than /srv/<project>/<part>/compose.yaml nobody keeps them. */
const maxDepth = 3
/** A directory of a mail server may hold millions. */
const maxDirectories = 20_000
const maxBytes = 4 << 20
const skipped = /^(?:\.|node_modules$|vendor$|proc$|sys$|dev$)/

/** Compose files in and below directories, in the order of their paths; what cannot be read is passed over. */
export async function findComposeFiles(directories: readonly string[], ctx: Context): Promise<string[]> {
  const found = new Set<string>()
  let visited = 0
  const visit = async (directory: string, depth: number): Promise<void> => {
    throwIfInterrupted(ctx)
    if (++visited > maxDirectories) return
    const entries = await readdir(directory, { withFileTypes: true }).catch(() => [])
    for (const entry of entries) {
      if (entry.isFile() && fileNames.has(entry.name)) found.add(join(directory, entry.name))
      else if (entry.isDirectory() && depth < maxDepth && !skipped.test(entry.name)) {
        await visit(join(directory, entry.name), depth + 1)
      }
    }
  }
  for (const directory of directories) await visit(resolve(directory), 0)
  return [...found].toSorted()
}

/** The services of a Compose file. Throws an Error with the reason when it is none. */
export async function readComposeFile(file: string): Promise<ContainerSetUp[]> {
  const text = await readFile(file, 'utf8')
  if (text.length > maxBytes) throw new Error('it is too large')
  return parseCompose(file, text)
}

/** Compose specification, "services" and "volumes". */
export function parseCompose(file: string, text: string): ContainerSetUp[] {
  // Boundary: YAML holds what settings are made of.
  const document = parse(text, { merge: true, maxAliasCount: 1000 }) as Setting
  if (!isSettingMap(document)) throw new Error('it is no map')
  const volumes = mapAt(document, 'volumes')
  const project = textAt(document, 'name') || basename(dirname(file))
  return Object.entries(mapAt(document, 'services')).flatMap(([name, service]) => {
    if (!isSettingMap(service)) return []
    const mounts = listOf(service['volumes']).flatMap((mount) => readMount(mount, { file, volumes, project }))
    const tmpfs = textsOf(service['tmpfs']).map((each): ContainerMount => ({
      type: 'tmpfs',
      target: targetOf(each),
      source: '',
    }))
    return [
      {
        subject: `service ${name} of ${file}`,
        name,
        image: textAt(service, 'image'),
        file,
        mounts: [...mounts, ...tmpfs],
        ports: new Map(listOf(service['ports']).flatMap(readPort)),
      },
    ]
  })
}

interface ComposeSurroundings {
  readonly file: string
  readonly volumes: SettingMap
  readonly project: string
}

function readMount(mount: Setting, surroundings: ComposeSurroundings): ContainerMount[] {
  if (typeof mount === 'string') {
    const [first = '', second] = mount.split(':')
    if (second === undefined) return [{ type: 'anonymous', target: targetOf(first), source: '' }]
    return [namedOrBind(first, targetOf(second), surroundings)]
  }
  if (!isSettingMap(mount)) return []
  const [type, source, target] = [textAt(mount, 'type'), textAt(mount, 'source'), targetOf(textAt(mount, 'target'))]
  if (type === 'tmpfs') return [{ type: 'tmpfs', target, source: '' }]
  if (type === 'bind') return [bind(source, target, surroundings)]
  return source === '' ? [{ type: 'anonymous', target, source: '' }] : [volume(source, target, surroundings)]
}

/** "./data", "~/data", "/srv/data" and "${DATA}" are paths; anything else names a volume. */
function namedOrBind(source: string, target: string, surroundings: ComposeSurroundings): ContainerMount {
  return /^[./~$]/.test(source) ? bind(source, target, surroundings) : volume(source, target, surroundings)
}

function bind(source: string, target: string, { file }: ComposeSurroundings): ContainerMount {
  return { type: 'bind', target, source: /^[~$]/.test(source) ? source : resolve(dirname(file), source) }
}

/** An engine knows a volume by the project's name before its own, unless the file says otherwise. */
function volume(name: string, target: string, { volumes, project }: ComposeSurroundings): ContainerMount {
  const declared = mapAt(volumes, name)
  const isExternal = declared['external'] === true || isSettingMap(declared['external'])
  const source = textAt(declared, 'name') || (isExternal ? name : `${project}_${name}`)
  return { type: 'volume', target, source, isExternal }
}

/** "5432:5432", "127.0.0.1:5433:5432/tcp", { target, published } */
function readPort(port: Setting): [number, number][] {
  if (isSettingMap(port)) {
    const [target, published] = [Number(port['target']), Number(port['published'])]
    return target > 0 && published > 0 ? [[target, published]] : []
  }
  if (typeof port !== 'string') return []
  const [, published, target] = /(?:^|:)(\d+):(\d+)(?:\/tcp)?$/.exec(port) ?? []
  return published === undefined ? [] : [[Number(target), Number(published)]]
}

function targetOf(text: string): string {
  return text.length > 1 ? text.replace(/\/+$/, '') : text
}

function listOf(value: Setting | undefined): readonly Setting[] {
  return Array.isArray(value) ? value : []
}

function textsOf(value: Setting | undefined): string[] {
  return (Array.isArray(value) ? value : [value]).filter((each) => typeof each === 'string')
}
