import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { AppError } from '@holdfast/core/errors/app-error'
import type { Variables } from '../argument/option.ts'

/** Looked for when neither --config nor HOLDFAST_CONFIG names one, in this order. */
const usualPlaces = ['holdfast.yaml', '/etc/holdfast/holdfast.yaml']

/**
 * The configuration file, absolute: --config, $HOLDFAST_CONFIG, ./holdfast.yaml, /etc/holdfast/holdfast.yaml. One that is
 * named need not exist: reading it says so. Fails with CONFIG_NOT_FOUND when there is none in the usual places.
 */
export function findConfig(global: { readonly config: string | undefined }, variables: Variables): string {
  const named = global.config ?? variables('HOLDFAST_CONFIG')
  if (named !== undefined && named !== '') return resolve(named)
  const found = usualPlaces.find((place) => existsSync(place))
  if (found !== undefined) return resolve(found)
  throw new AppError('CONFIG_NOT_FOUND', { tried: `neither ./${usualPlaces.join(' nor ')} exists` })
}
