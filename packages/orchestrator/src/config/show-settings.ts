import { listSecrets } from '@holdfast/core/config/secret-path'
import { isSettingMap, type Setting, type SettingMap } from '@holdfast/core/config/setting'
import type { SettingPath } from '@holdfast/core/config/config-problem'
import { stringify } from 'yaml'
import type { LoadedConfig } from './loaded-config.ts'

/** Stands for a value that is written in the file where a secret may be. */
const hidden = 'written in the file, not shown'

/** Everything effective, without texts that may be secrets: for people and for programs. */
export function showSettings({ settings }: Pick<LoadedConfig, 'settings'>): SettingMap {
  let shown: SettingMap = settings
  for (const { path, reference, isShown } of listSecrets(settings)) {
    if ('text' in reference) shown = replaceAt(shown, path, isShown ? (reference['text'] ?? '') : { text: hidden })
  }
  return shown
}

/** The same as YAML. */
export function renderSettings(loaded: Pick<LoadedConfig, 'settings'>): string {
  return stringify(showSettings(loaded), { lineWidth: 0, aliasDuplicateObjects: false })
}

function replaceAt(root: SettingMap, path: SettingPath, value: Setting): SettingMap {
  const [first, ...rest] = path
  const key = String(first)
  if (rest.length === 0) return { ...root, [key]: value }
  const inner = root[key]
  return isSettingMap(inner) ? { ...root, [key]: replaceAt(inner, rest, value) } : root
}
