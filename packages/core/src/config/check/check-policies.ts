import type { ConfigProblem } from '../config-problem.ts'
import type { EffectiveConfig, KeepSettings, SourceSettings, WorkloadSettings } from '../effective-config.ts'
import { allowsResidency } from '../resolve/repository-settings.ts'
import type { SettingTree } from '../resolve/setting-tree.ts'

/** What is written correctly and still cannot be meant. Cron lines are checked elsewhere. */
export function checkPolicies(config: EffectiveConfig, tree: SettingTree): ConfigProblem[] {
  return [
    ...[...config.sources.values()].flatMap((source) => [
      ...checkKeep(source),
      ...checkPlaces(source, config),
      ...checkLog(source, tree),
    ]),
    ...checkLocations(config),
    ...checkVariables(config),
  ]
}

function checkKeep(source: SourceSettings): ConfigProblem[] {
  const empty = [...source.keep].filter(([, keep]) => keepsNothing(keep)).map(([repository]) => repository)
  if (empty.length === 0) return []
  const where = empty.length === source.keep.size ? '' : ` in ${empty.join(', ')}`
  return [
    error(
      ['sources', source.name, 'keep'],
      `keeps nothing${where}: every backup would be removed after the next one; say at least { last: 1 }`,
    ),
  ]
}

function keepsNothing({ within, ...counts }: KeepSettings): boolean {
  const withinNothing = within === undefined || /^(?:0[ymdh])+$/.test(within)
  return withinNothing && Object.values(counts).every((count) => count === 0)
}

function checkPlaces(source: SourceSettings, config: EffectiveConfig): ConfigProblem[] {
  const path = ['sources', source.name, 'repositories']
  if (source.repositories.length === 0) {
    const why = config.repositories.size === 0 ? 'there is none' : 'its residency forbids all of them'
    return [error(path, `has no repository to be kept in: ${why}`)]
  }
  return source.repositories.flatMap((name) => {
    const repository = config.repositories.get(name)
    if (repository === undefined || allowsResidency(source.residency, repository.residency)) return []
    const [label, allowed] =
      [...source.residency].find(([key, values]) => !values.includes(repository.residency.get(key) ?? '')) ?? []
    const there = repository.residency.get(label ?? '') ?? 'not said'
    return [error(path, `${name} may not hold it: ${label} is ${there} there, and must be ${allowed?.join(' or ')}`)]
  })
}

/** A log asked for by the source itself, where there is none; a tier's wish just does not apply. */
function checkLog(source: SourceSettings, tree: SettingTree): ConfigProblem[] {
  const path = ['sources', source.name, 'log']
  // origins are costly, and seldom needed
  if (source.log === 'continuous' || !asksForLog(source.name, tree)) return []
  if (tree.origins.get(path.join('.'))?.from !== 'source') return []
  return [error(path, `${describeKind(source.workload)} has no log that could be followed`)]
}

function describeKind({ type }: WorkloadSettings): string {
  switch (type) {
    case 'files':
    case 'command':
      return `a source of type ${type}`
    case 'postgresql':
      return 'a logical backup of postgresql'
    case 'mysql':
      return 'a backup of some databases of mysql'
  }
}

function asksForLog(name: string, { settings }: SettingTree): boolean {
  const sources = settings['sources']
  const source = typeof sources === 'object' && sources !== null && name in sources ? Object(sources)[name] : undefined
  return source?.log === 'continuous'
}

/** Two names for one place would prune each other's data. */
function checkLocations({ repositories }: EffectiveConfig): ConfigProblem[] {
  const owners = new Map<string, string>()
  return [...repositories.values()].flatMap(({ name, location }) => {
    const place = location.replace(/\/+$/, '')
    const owner = owners.get(place)
    owners.set(place, owner ?? name)
    return owner === undefined ? [] : [error(['repositories', name, 'location'], `is that of ${owner} already`)]
  })
}

/** Whether something of this name is a secret. */
export function isSecretName(name: string): boolean {
  return /PASSWORD|PASSWD|PASSPHRASE|SECRET|TOKEN|CREDENTIAL|(?:^|_)PW$/i.test(name)
}

/** Credentials of a store, written down as they are. */
function checkVariables({ repositories }: EffectiveConfig): ConfigProblem[] {
  return [...repositories.values()].flatMap(({ name, variables }) =>
    [...variables]
      .filter(([variable, reference]) => isSecretName(variable) && 'text' in reference)
      .map(([variable]) =>
        error(
          ['repositories', name, 'variables', variable],
          'is a secret, which never stands in this file: write { env: NAME }, { file: /path } or { command: [program, argument] }',
        ),
      ),
  )
}

function error(path: readonly string[], message: string): ConfigProblem {
  return { path, at: 'value', message, severity: 'error' }
}
