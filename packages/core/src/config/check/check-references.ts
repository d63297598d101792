import { nearestName } from '../../text/nearest-name.ts'
import type { ConfigProblem, SettingPath } from '../config-problem.ts'
import { defaultTiers } from '../default-tiers.ts'
import { mapAt, type Setting, type SettingMap } from '../setting.ts'

/**
 * Names that name nothing, with the nearest that does. Looks at settings as they are written, whatever else is wrong
 * with them, so that all is reported at once.
 */
export function checkReferences(settings: SettingMap): ConfigProblem[] {
  const names = {
    tier: [...new Set([...Object.keys(mapAt(settings, 'tiers')), ...Object.keys(defaultTiers)])],
    repository: Object.keys(mapAt(settings, 'repositories')),
    source: Object.keys(mapAt(settings, 'sources')),
    agent: Object.keys(mapAt(settings, 'agents')),
    channel: Object.keys(mapAt(mapAt(settings, 'notifications'), 'channels')),
  }
  const problems: ConfigProblem[] = []
  const expectName = (
    kind: keyof typeof names,
    value: Setting | undefined,
    path: SettingPath,
    at: 'key' | 'value' = 'value',
  ) => {
    if (typeof value !== 'string' || names[kind].includes(value)) return
    const suggestion = nearestName(value, names[kind])
    const known = names[kind].length === 0 ? `; there is none at all` : ''
    problems.push({
      path,
      at,
      message: `there is no ${kind} ${JSON.stringify(value)}${known}`,
      severity: 'error',
      ...(suggestion === undefined ? {} : { suggestion }),
    })
  }
  const expectNames = (kind: keyof typeof names, values: Setting | undefined, path: SettingPath) => {
    for (const [position, value] of listOf(values).entries()) expectName(kind, value, [...path, position])
  }
  const expectPromise = (holder: Setting, path: SettingPath) => {
    expectNames('repository', fieldOf(holder, 'repositories'), [...path, 'repositories'])
    for (const name of Object.keys(mapAt(holder, 'keepIn')))
      expectName('repository', name, [...path, 'keepIn', name], 'key')
  }
  for (const [name, tier] of Object.entries(mapAt(settings, 'tiers'))) {
    expectName('tier', fieldOf(tier, 'extends'), ['tiers', name, 'extends'])
    expectPromise(tier, ['tiers', name])
  }
  for (const [name, source] of Object.entries(mapAt(settings, 'sources'))) {
    expectName('tier', fieldOf(source, 'tier'), ['sources', name, 'tier'])
    expectName('agent', fieldOf(source, 'agent'), ['sources', name, 'agent'])
    expectPromise(source, ['sources', name])
  }
  for (const [name, application] of Object.entries(mapAt(settings, 'applications'))) {
    expectNames('source', fieldOf(application, 'sources'), ['applications', name, 'sources'])
  }
  for (const [position, route] of listOf(mapAt(settings, 'notifications')['routes']).entries()) {
    const path = ['notifications', 'routes', position]
    expectNames('channel', fieldOf(route, 'channels'), [...path, 'channels'])
    expectNames('tier', fieldOf(route, 'tiers'), [...path, 'tiers'])
    expectNames('source', fieldOf(route, 'sources'), [...path, 'sources'])
  }
  return [...problems, ...checkApplications(settings)]
}

/** A source has one recovery point, so that it can belong to one application only. */
function checkApplications(settings: SettingMap): ConfigProblem[] {
  const owners = new Map<string, string>()
  const problems: ConfigProblem[] = []
  for (const [name, application] of Object.entries(mapAt(settings, 'applications'))) {
    for (const [position, source] of listOf(fieldOf(application, 'sources')).entries()) {
      if (typeof source !== 'string') continue
      const owner = owners.get(source)
      owners.set(source, owner ?? name)
      if (owner === undefined) continue
      const message =
        owner === name
          ? `${source} is named twice`
          : `${source} belongs to the application ${owner} already, and a source can belong to one only`
      problems.push({ path: ['applications', name, 'sources', position], at: 'value', message, severity: 'error' })
    }
  }
  return problems
}

function listOf(value: Setting | undefined): readonly Setting[] {
  return Array.isArray(value) ? value : []
}

function fieldOf(value: Setting, key: string): Setting | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as SettingMap)[key] : undefined
}
