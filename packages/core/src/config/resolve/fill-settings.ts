import type { z } from 'zod'
import type { SettingPath } from '../config-problem.ts'
import { concreteSchema, elementOf, fieldsOf } from '../schema/concrete-schema.ts'
import { isSettingMap, type Setting, type SettingMap } from '../setting.ts'

/** Makes a path absolute that is relative to the file which says `path`. */
export type Rebase = (text: string, path: SettingPath, kind: 'path' | 'location') => string

/** The same settings, with shorthands written out ("0 2 * * *" → { cron: "0 2 * * *" }) and absolute paths. */
export function normaliseSettings(schema: z.core.$ZodType, value: Setting, path: SettingPath, rebase: Rebase): Setting {
  const { schema: concrete, meta } = concreteSchema(schema, value)
  if (typeof value === 'string') {
    if (meta.shorthand !== undefined && value !== 'none') return { [meta.shorthand]: value }
    if (meta.isPath === true) return rebase(value, path, 'path')
    return meta.isLocation === true ? rebase(value, path, 'location') : value
  }
  const fields = fieldsOf(concrete)
  const element = elementOf(concrete)
  if (Array.isArray(value)) {
    if (element === undefined) return value
    return value.map((each: Setting, at) => normaliseSettings(element, each, [...path, at], rebase))
  }
  if (!isSettingMap(value)) return value
  return mapValues(value, (each, key) => {
    const inner = fields?.[key] ?? element
    return inner === undefined ? each : normaliseSettings(inner, each, [...path, key], rebase)
  })
}

/** What a schema adds to settings that leave things out: only the additions. */
export function defaultSettings(schema: z.core.$ZodType, value: Setting): SettingMap {
  const { schema: concrete } = concreteSchema(schema, value)
  const given = isSettingMap(value) ? value : {}
  const fields = fieldsOf(concrete) ?? mapValues(given, () => elementOf(concrete))
  const added: Record<string, Setting> = {}
  for (const [key, field] of Object.entries(fields)) {
    if (field === undefined) continue
    const own = given[key]
    const { defaultValue } = concreteSchema(field)
    if (own === undefined && defaultValue === undefined) continue
    // Boundary: defaults are written as the file would write them.
    const start = own ?? (defaultValue as Setting)
    if (!isSettingMap(start)) {
      if (own === undefined) added[key] = start
      continue
    }
    const inner = defaultSettings(field, start)
    if (own === undefined) added[key] = { ...start, ...inner }
    else if (Object.keys(inner).length > 0) added[key] = inner
  }
  return added
}

function mapValues<From, To>(
  map: Readonly<Record<string, From>>,
  change: (value: From, key: string) => To,
): Record<string, To> {
  return Object.fromEntries(Object.entries(map).map(([key, value]) => [key, change(value, key)]))
}
