import { isAppError } from '@holdfast/core/errors/app-error'
import type { LoadedConfig } from '@holdfast/orchestrator/config/loaded-config'
import { discover } from '@holdfast/orchestrator/discovery/discover'
import type { Discovery } from '@holdfast/orchestrator/discovery/discovery'
import { placeText } from '@holdfast/orchestrator/discovery/place-text'
import type { DiscoverOptions } from '../command/discover.ts'
import type { Invocation } from '../command/command.ts'
import type { Output } from '../output/output.ts'
import { printable } from '../output/printable.ts'
import { renderTable } from '../output/table.ts'
import { openConfig } from '../session/open-config.ts'
import { discoveryPlaces } from './discovery-option.ts'

/** Resolves to 3 when something is not protected or dangerous. */
export async function runDiscover(invocation: Invocation<DiscoverOptions>): Promise<number> {
  const { options, variables, output, ctx } = invocation
  const loaded = await openConfigIfAny(invocation)
  const found = await discover({ ...discoveryPlaces(options, variables), config: loaded?.config }, ctx)
  if (loaded === undefined) output.note('there is no configuration, so that nothing counts as protected')
  showDiscovery(found, output)
  const isOpen = found.services.some(({ protectedBy }) => protectedBy === undefined)
  const isDangerous = found.hazards.some(({ severity }) => severity !== 'info')
  return isOpen || isDangerous ? 3 : 0
}

/** Tables for people, one message for each thing for programs. */
export function showDiscovery({ services, volumes, hazards, gaps }: Discovery, output: Output): void {
  for (const gap of gaps) output.note(printable(`not looked at: ${gap}`))
  if (services.length + volumes.length === 0) output.line('nothing that keeps data was found')
  else {
    const rows = [
      ...services.map(({ kind, name, found, protectedBy }) => [
        kind,
        name,
        placeText(found),
        protectedBy ?? 'NOT PROTECTED',
      ]),
      ...volumes.map(({ name, usedBy, protectedBy }) => [
        'volume',
        name,
        usedBy.length === 0 ? 'unused' : `used by ${usedBy.join(', ')}`,
        protectedBy ?? 'NOT PROTECTED',
      ]),
    ]
    const titles = ['kind', 'name', 'where', 'protected by'].map((title) => ({ title }))
    output.line(
      renderTable(
        titles,
        rows.map((row) => row.map(printable)),
      ),
    )
  }
  for (const { severity, subject, message, advice } of hazards) {
    output.line(printable(`${severity}: ${subject} ${message}`))
    output.line(printable(`  ${advice}`))
  }
  for (const service of services) output.message({ message_type: 'service', ...service })
  for (const volume of volumes) output.message({ message_type: 'volume', ...volume })
  for (const hazard of hazards) output.message({ message_type: 'hazard', ...hazard })
  for (const gap of gaps) output.message({ message_type: 'gap', message: gap })
}

/** None in the usual places is no error here; one that is named has to be there. */
async function openConfigIfAny(invocation: Invocation<DiscoverOptions>): Promise<LoadedConfig | undefined> {
  const { global, variables } = invocation
  const isNamed = global.config !== undefined || (variables('HOLDFAST_CONFIG') ?? '') !== ''
  try {
    return await openConfig(invocation)
  } catch (error) {
    if (!isNamed && isAppError(error, 'CONFIG_NOT_FOUND')) return undefined
    throw error
  }
}
