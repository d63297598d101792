import type { CatalogueSettings } from '@holdfast/core/config/effective-config'
import type { Context } from '@holdfast/core/context'
import { openCatalogue, type OpenedCatalogue } from '../catalogue/open-catalogue.ts'
import type { Machine } from './machine.ts'

/** Fails with CATALOGUE_…, SECRET_… */
export async function openConfiguredCatalogue(
  settings: CatalogueSettings,
  machine: Pick<Machine, 'resolveSecret'>,
  ctx: Context,
): Promise<OpenedCatalogue> {
  if (settings.type === 'sqlite') return await openCatalogue(settings, ctx)
  const connection = await machine.resolveSecret(settings.connection, ctx)
  return await openCatalogue({ type: 'postgresql', connection }, ctx)
}
