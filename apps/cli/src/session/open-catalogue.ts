import type { CatalogueSettings, EffectiveConfig } from '@holdfast/core/config/effective-config'
import type { OpenedCatalogue } from '@holdfast/orchestrator/catalogue/open-catalogue'
import type { Invocation } from '../command/command.ts'
import { configSurroundings } from './config-surroundings.ts'
import { openKnownConfig } from './open-known-config.ts'

/** The configuration and the catalogue that it names. */
export interface ControlPlane extends AsyncDisposable {
  /** without origins */
  readonly loaded: { readonly config: EffectiveConfig }
  readonly catalogue: OpenedCatalogue
}

/**
 * Opens the catalogue of the configuration that the command works with.
 * @throws AppError CONFIG_…, SECRET_…, CATALOGUE_…
 */
export async function openControlPlane(
  invocation: Pick<Invocation, 'global' | 'variables' | 'ctx'>,
): Promise<ControlPlane> {
  const [config, { openCatalogue }] = await Promise.all([
    openKnownConfig(invocation),
    import('@holdfast/orchestrator/catalogue/open-catalogue'),
  ])
  const place = await placeOf(config.catalogue, invocation)
  const catalogue = await openCatalogue(place, invocation.ctx)
  return { loaded: { config }, catalogue, [Symbol.asyncDispose]: () => catalogue[Symbol.asyncDispose]() }
}

async function placeOf(settings: CatalogueSettings, { variables, ctx }: Pick<Invocation, 'variables' | 'ctx'>) {
  if (settings.type === 'sqlite') return settings
  const { resolveSecret } = await import('@holdfast/orchestrator/config/resolve-secret')
  const connection = await resolveSecret(settings.connection, configSurroundings(variables), ctx)
  return { type: settings.type, connection } as const
}
