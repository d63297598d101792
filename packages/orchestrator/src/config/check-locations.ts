import type { ConfigProblem } from '@holdfast/core/config/config-problem'
import type { EffectiveConfig, RepositorySettings } from '@holdfast/core/config/effective-config'
import { isAppError } from '@holdfast/core/errors/app-error'
import { parseLocation } from '@holdfast/storage/location'
import { readStorageSettings } from '../operation/storage-settings.ts'

/** Locations and storage options that nothing could be opened with. Nothing is connected to. */
export function checkLocations({ repositories }: EffectiveConfig): ConfigProblem[] {
  return [...repositories.values()].flatMap((repository) => {
    const path = ['repositories', repository.name]
    const kind = attempt(() => parseLocation(repository.location).kind, [...path, 'location'])
    if (typeof kind !== 'string') return [kind]
    return [...repository.options].flatMap(([key, value]) => {
      const read = attempt(() => readOption(repository, kind, key, value), [...path, 'options', key])
      return read === true ? [] : [read]
    })
  })
}

/** Each by itself, so that each problem has its place; two that belong together are read together. */
function readOption({ options, name }: RepositorySettings, kind: string, key: string, value: string): true {
  const together = key.startsWith('s3.object-lock-') ? options : new Map([[key, value]])
  readStorageSettings({ kind, settings: together, label: `repositories.${name}.options:`, variable: () => undefined })
  return true
}

function attempt<Result>(read: () => Result, path: readonly string[]): Result | ConfigProblem {
  try {
    return read()
  } catch (error) {
    if (!isAppError(error)) throw error
    const { reason } = error.details
    const hint = error.code === 'OPTION_UNKNOWN' ? `is no option of a store. ${error.hint}` : undefined
    const message = hint ?? (reason === undefined ? error.message : `is not understood: ${reason}`)
    return { path, at: 'value', message, severity: 'error' }
  }
}
