import type { Setting, SettingMap } from '@holdfast/core/config/setting'

type Json = string | number | boolean | null | Json[] | { [key: string]: Json }

/** Settings as JSON: the same, in a type that can be sent. */
export function settingsViewOf(settings: SettingMap): { [key: string]: Json } {
  return Object.fromEntries(Object.entries(settings).map(([key, value]) => [key, jsonOf(value)]))
}

function jsonOf(value: Setting): Json {
  if (value === null || typeof value !== 'object') return value
  // boundary: what is no list is a map; the compiler does not see that of read-only lists
  return Array.isArray(value) ? (value as readonly Setting[]).map(jsonOf) : settingsViewOf(value as SettingMap)
}
