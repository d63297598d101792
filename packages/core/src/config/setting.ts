/** What YAML can say: the configuration as it is written, before units are read. Treated as never changing. */
export type Setting = null | boolean | number | string | readonly Setting[] | SettingMap
export interface SettingMap {
  readonly [key: string]: Setting
}

export function isSettingMap(value: unknown): value is SettingMap {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The map at a key, an empty one when there is something else or nothing. */
export function mapAt(value: Setting | undefined, key: string): SettingMap {
  const inner = isSettingMap(value) ? value[key] : undefined
  return isSettingMap(inner) ? inner : {}
}

/** The text at a key, an empty one when there is something else or nothing. */
export function textAt(map: SettingMap, key: string): string {
  const text = map[key]
  return typeof text === 'string' ? text : ''
}
