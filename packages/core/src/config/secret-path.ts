import type { SettingPath } from './config-problem.ts'
import { concreteSchema, elementOf, fieldsOf } from './schema/concrete-schema.ts'
import { configSchema } from './schema/config-schema.ts'
import { isSettingMap, type Setting, type SettingMap } from './setting.ts'

/** Whether a path leads to a reference to a secret, or into one: what stands there is never repeated to anyone. */
export function isSecretPath(path: SettingPath, root: Setting): boolean {
  let node = concreteSchema(configSchema, root)
  let value: Setting | undefined = root
  for (const part of path) {
    if (node.meta.secret === true) return true
    const next = fieldsOf(node.schema)?.[part] ?? elementOf(node.schema)
    if (next === undefined) return false
    value = isSettingMap(value)
      ? value[part]
      : Array.isArray(value)
        ? (value as readonly Setting[])[Number(part)]
        : undefined
    node = concreteSchema(next, value)
  }
  return node.meta.secret === true
}

export interface FoundSecret {
  readonly path: SettingPath
  /** { env: … }, { file: … }, { command: … } or { text: … } */
  readonly reference: SettingMap
  /** a value that need not be secret, and is shown where it is written as a text */
  readonly isShown: boolean
}

/** Every reference to a secret in settings whose shorthands are written out. */
export function listSecrets(settings: SettingMap): FoundSecret[] {
  const found: FoundSecret[] = []
  const walk = (schema: Parameters<typeof concreteSchema>[0], value: Setting, path: SettingPath) => {
    const { schema: concrete, meta } = concreteSchema(schema, value)
    if (meta.secret === true && isSettingMap(value)) {
      found.push({ path, reference: value, isShown: meta.isShown === true })
      return
    }
    const [fields, element] = [fieldsOf(concrete), elementOf(concrete)]
    const entries: readonly (readonly [string | number, Setting])[] = Array.isArray(value)
      ? (value as readonly Setting[]).map((each, at) => [at, each] as const)
      : isSettingMap(value)
        ? Object.entries(value)
        : []
    for (const [key, inner] of entries) {
      const next = fields?.[key] ?? element
      if (next !== undefined) walk(next, inner, [...path, key])
    }
  }
  walk(configSchema, settings, [])
  return found
}
