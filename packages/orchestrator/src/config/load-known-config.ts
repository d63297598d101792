import { createHash } from 'node:crypto'
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { deserialize, serialize } from 'node:v8'
import type { EffectiveConfig } from '@holdfast/core/config/effective-config'
import type { Context } from '@holdfast/core/context'
import { stampOf, stampOfContent } from './stamp-of.ts'
import type { ConfigSurroundings } from './surroundings.ts'

/** Where what was made of a configuration is kept for the next command. */
export interface ConfigCache {
  /** private to the user */
  readonly directory: string
  /** of the program that would make something else of it */
  readonly programStamp: string
}

/** Everything that the result depends on. */
interface Premises {
  readonly programStamp: string
  readonly surroundings: string
  /** path → hash of what it held */
  readonly files: readonly (readonly [string, string])[]
  /** name of a variable that was filled in → hash of its value, or empty when it was not set */
  readonly variables: readonly (readonly [string, string])[]
}

interface Entry {
  readonly premises: Premises
  readonly config: Omit<EffectiveConfig, 'origins'>
}

/**
 * The effective configuration for commands that people wait for: what was made of the same files, variables and program the
 * last time, without reading YAML and schemas again (a second for a thousand sources). Secrets are references there as
 * everywhere. Where values come from is not kept: `origins` fails.
 * @throws AppError as `loadConfig` does
 */
export async function loadKnownConfig(
  path: string,
  surroundings: ConfigSurroundings,
  cache: ConfigCache,
  ctx: Context,
): Promise<EffectiveConfig> {
  const place = join(cache.directory, 'config', stampOfContent(resolve(path)))
  const entry = await readEntry(place)
  const { programStamp } = cache
  const known = entry?.premises.programStamp === programStamp ? entry : undefined
  if (known !== undefined && (await holds(known.premises, surroundings))) return withoutOrigins(known.config)
  const { invalidConfig, readConfig } = await import('./load-config.ts')
  const asked = new Map<string, string>()
  const variables = (name: string): string | undefined => {
    const value = surroundings.variables(name)
    asked.set(name, value === undefined ? '' : stampOfContent(value))
    return value
  }
  const { loaded, problems, stamps } = await readConfig(path, { ...surroundings, variables }, ctx)
  if (loaded === undefined) throw invalidConfig(path, problems)
  const premises = { programStamp, surroundings: textOf(surroundings), files: [...stamps], variables: [...asked] }
  await writeEntry(place, { premises, config: plainConfig(loaded.config) })
  return loaded.config
}

async function holds(premises: Premises, surroundings: ConfigSurroundings): Promise<boolean> {
  if (premises.surroundings !== textOf(surroundings)) return false
  for (const [name, hash] of premises.variables) {
    const value = surroundings.variables(name)
    if (hash !== (value === undefined ? '' : stampOfContent(value))) return false
  }
  for (const [file, stamp] of premises.files) if ((await stampOf(file)) !== stamp) return false
  return true
}

function textOf({ hostname, timeZone, stateDirectory }: ConfigSurroundings): string {
  return JSON.stringify([hostname, timeZone, stateDirectory])
}

/** Only what this program has written, whole. */
async function readEntry(place: string): Promise<Entry | undefined> {
  try {
    const bytes = await readFile(place)
    const payload = bytes.subarray(32)
    if (!createHash('sha256').update(payload).digest().equals(bytes.subarray(0, 32))) return undefined
    // Boundary: the hash says that this is what `writeEntry` of the same program wrote.
    return deserialize(payload) as Entry
  } catch {
    return undefined
  }
}

/** A cache that cannot be written is none. */
async function writeEntry(place: string, entry: Entry): Promise<void> {
  const payload = serialize(sharing(entry, new Map()))
  const own = `${place}.${process.pid}`
  try {
    await mkdir(join(place, '..'), { recursive: true, mode: 0o700 })
    await writeFile(own, Buffer.concat([createHash('sha256').update(payload).digest(), payload]), { mode: 0o600 })
    await rename(own, place)
  } catch {
    // the next command reads the files again
  }
}

/** The same, in which what is alike is one: what a thousand sources have of their tier is read back in a quarter of the time. */
function sharing<Value>(value: Value, known: Map<string, unknown>): Value {
  if (typeof value !== 'object' || value === null) return value
  const copy =
    value instanceof Map
      ? new Map([...value].map(([key, each]) => [key, sharing<unknown>(each, known)]))
      : Array.isArray(value)
        ? value.map((each) => sharing<unknown>(each, known))
        : Object.fromEntries(Object.entries(value).map(([key, each]) => [key, sharing<unknown>(each, known)]))
  const bytes = serialize(copy).toString('latin1')
  if (!known.has(bytes)) known.set(bytes, copy)
  // boundary: the same bytes are the same value
  return known.get(bytes) as Value
}

/** Named one by one: the origins are found out when they are looked at, and that takes long. */
function plainConfig(config: EffectiveConfig): Omit<EffectiveConfig, 'origins'> {
  const { host, timeZone, catalogue, repositories, sources, agents, applications, notifications, server } = config
  return { host, timeZone, catalogue, repositories, sources, agents, applications, notifications, server }
}

/** Not enumerable, so that a copy for another process does not ask for them. */
function withoutOrigins(config: Omit<EffectiveConfig, 'origins'>): EffectiveConfig {
  const get = (): never => {
    throw new Error('where values come from is not kept: use loadConfig')
  }
  // Boundary: the property that was missing is there now.
  return Object.defineProperty(config, 'origins', { get, enumerable: false }) as EffectiveConfig
}
