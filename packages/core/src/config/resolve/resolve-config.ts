import type { z } from 'zod'
import { checkPolicies } from '../check/check-policies.ts'
import { checkReferences } from '../check/check-references.ts'
import { describeIssues } from '../check/describe-issue.ts'
import type { ConfigProblem } from '../config-problem.ts'
import { defined } from '../defined.ts'
import type { CatalogueSettings, EffectiveConfig, Origin, SourceSettings } from '../effective-config.ts'
import { catalogueSchema, configSchema } from '../schema/config-schema.ts'
import { agentSchema } from '../schema/agent-schema.ts'
import { applicationSchema } from '../schema/application-schema.ts'
import { notificationSchema } from '../schema/notification-schema.ts'
import { repositorySchema } from '../schema/repository-schema.ts'
import { serverSchema } from '../schema/server-schema.ts'
import { sourceSchema, type WholeSource, wholeSourceSchema } from '../schema/source-schema.ts'
import { isSettingMap, mapAt, textAt, type Setting, type SettingMap } from '../setting.ts'
import { defaultSettings, normaliseSettings, type Rebase } from './fill-settings.ts'
import { notificationSettings } from './notification-settings.ts'
import { promiseSettings } from './promise-settings.ts'
import { allowsResidency, repositorySettings } from './repository-settings.ts'
import { type OriginOf, resolveTiers } from './resolve-tiers.ts'
import { createTreeBuilder, joinTrees, type SettingTree } from './setting-tree.ts'
import { hasLog, workloadSettings } from './workload-settings.ts'

/** What the file does not say. */
export interface ConfigBasis {
  readonly hostname: string
  readonly timeZone: string
  /** absolute; the catalogue lies there unless the file names another place */
  readonly stateDirectory: string
  readonly originOf: OriginOf
  readonly rebase: Rebase
}

export interface ConfigResolution {
  /** absent when it could not be put together; there may still be errors among the problems, which refuse it */
  readonly config?: EffectiveConfig
  /** everything effective, in the words of the file; empty when there is no `config` */
  readonly tree: SettingTree
  readonly problems: readonly ConfigProblem[]
}

/**
 * Puts defaults, tiers and what is written together, and checks the whole. `written` is what the files say, with
 * includes and variables filled in. Throws nothing: everything wrong is a problem.
 */
export function resolveConfig(written: SettingMap, basis: ConfigBasis): ConfigResolution {
  const found = configSchema.safeParse(written)
  const shape = found.success ? [] : describeIssues(configSchema, written, found.error.issues)
  const problems = [...shape, ...checkReferences(written)]
  if (problems.length > 0) return { tree: createTreeBuilder(), problems }
  const settings = normaliseSettings(configSchema, written, [], basis.rebase)
  if (!isSettingMap(settings)) throw new Error('a configuration that was accepted is no map')
  const tiers = resolveTiers(settings, basis.originOf)
  if (tiers.problems.length > 0) return { tree: createTreeBuilder(), problems: tiers.problems }
  const tree = buildTree(settings, tiers.tiers, basis)
  const config = readTree(tree)
  return { config, tree, problems: checkPolicies(config, tree) }
}

const byDefault = (): Origin => ({ from: 'default' })

/** Everything effective: the file's sections, each thing complete. */
function buildTree(settings: SettingMap, tiers: ReadonlyMap<string, SettingTree>, basis: ConfigBasis): SettingTree {
  const base = createTreeBuilder()
  const { hostname, timeZone, originOf } = basis
  const notifications = withWholeRoutes(mapAt(settings, 'notifications'))
  base.overlay({ host: hostname, timeZone, catalogue: catalogueDefaults(settings, basis) }, byDefault)
  base.overlay({ server: defaultSettings(serverSchema, mapAt(settings, 'server')) }, byDefault)
  base.overlay({ notifications: defaultSettings(notificationSchema, notifications) }, byDefault)
  const whole = ['host', 'timeZone', 'catalogue', 'server', 'applications']
  const written = Object.fromEntries(Object.entries(settings).filter(([key]) => whole.includes(key)))
  base.overlay({ ...written, notifications }, (path) => ({ from: 'file', ...originOf(path) }))
  const repositories = entriesAt(settings, 'repositories').map(([name, repository]) => {
    const origin = (path: readonly string[]): Origin => ({
      from: 'repository',
      name,
      ...originOf(['repositories', name, ...path]),
    })
    const defaults = defaultSettings(repositorySchema, repository)
    return [name, createTreeBuilder().overlay(defaults, byDefault).overlay(repository, origin)] as const
  })
  const agents = entriesAt(settings, 'agents').map(([name, agent]) => {
    const origin = (path: readonly string[]): Origin => ({ from: 'file', ...originOf(['agents', name, ...path]) })
    const defaults = defaultSettings(agentSchema, agent)
    return [name, createTreeBuilder().overlay(defaults, byDefault).overlay(agent, origin)] as const
  })
  const parts = { settings, tiers, basis, defaults: new Map<string, SettingMap>() }
  const sources = entriesAt(settings, 'sources').map(
    ([name, source]) => [name, buildSource(name, source, parts)] as const,
  )
  const sections = { repositories: new Map(repositories), tiers, sources: new Map(sources), agents: new Map(agents) }
  return joinTrees(base, new Map<string, ReadonlyMap<string, SettingTree>>(Object.entries(sections)))
}

interface Parts {
  readonly settings: SettingMap
  readonly tiers: ReadonlyMap<string, SettingTree>
  readonly basis: ConfigBasis
  /** of each type of source, as far as they are known yet */
  readonly defaults: Map<string, SettingMap>
}

/** Defaults of the type of source, then its tier, then what repositories say of retention, then itself. */
function buildSource(
  name: string,
  source: SettingMap,
  { settings, tiers, basis, defaults: known }: Parts,
): SettingTree {
  const type = textAt(source, 'type')
  const defaults = known.get(type) ?? defaultSettings(sourceSchema, { type })
  known.set(type, defaults)
  const tree = createTreeBuilder().overlay(defaults, byDefault)
  const tier = tiers.get(textAt(source, 'tier') || textAt(defaults, 'tier'))
  if (tier !== undefined) tree.overlayTree(tier)
  for (const [repository, said] of entriesAt(settings, 'repositories')) {
    const keep = mapAt(said, 'keep')
    if (Object.keys(keep).length === 0) continue
    tree.overlay({ keepIn: { [repository]: keep } }, (path) => ({
      from: 'repository',
      name: repository,
      ...basis.originOf(['repositories', repository, 'keep', ...path.slice(2)]),
    }))
  }
  return tree.overlay(source, (path) => ({ from: 'source', name, ...basis.originOf(['sources', name, ...path]) }))
}

/** Names and maps of a section. */
function entriesAt(settings: SettingMap, section: string): [string, SettingMap][] {
  return Object.entries(mapAt(settings, section)).flatMap(([name, value]): [string, SettingMap][] =>
    isSettingMap(value) ? [[name, value]] : [],
  )
}

function catalogueDefaults(settings: SettingMap, { stateDirectory }: ConfigBasis): SettingMap {
  const catalogue = mapAt(settings, 'catalogue')
  if (catalogue['type'] === 'postgresql') return {}
  return { type: 'sqlite', path: `${stateDirectory}/catalogue.db` }
}

/** Lists are taken as they are written, so that defaults within their members are added here. */
function withWholeRoutes(notifications: SettingMap): SettingMap {
  const routes = notifications['routes']
  if (!Array.isArray(routes)) return notifications
  const { element } = notificationSchema.shape.routes.unwrap()
  const parsed: readonly Setting[] = routes
  const whole = parsed.map((route) => (isSettingMap(route) ? { ...defaultSettings(element, route), ...route } : route))
  return { ...notifications, routes: whole }
}

/** From words to values. What was accepted in parts is accepted whole, so that a failure here is a bug. */
function readTree(tree: SettingTree): EffectiveConfig {
  const { settings } = tree
  const zone = textAt(settings, 'timeZone')
  const section = <Schema extends z.ZodType>(name: string, schema: Schema) =>
    new Map(Object.entries(mapAt(settings, name)).map(([key, value]) => [key, schema.parse(value)]))
  const repositories = new Map(
    [...section('repositories', repositorySchema)].map(([name, parsed]) => [
      name,
      repositorySettings(name, parsed, zone),
    ]),
  )
  const sources = new Map(
    [...section('sources', wholeSourceSchema)].map(([name, parsed]) => [
      name,
      sourceSettings(name, parsed, repositories, zone),
    ]),
  )
  return {
    host: textAt(settings, 'host'),
    timeZone: zone,
    catalogue: readCatalogue(catalogueSchema.parse(settings['catalogue'])),
    repositories,
    sources,
    agents: new Map(
      [...section('agents', agentSchema)].map(([name, { storesPerDay, ...parsed }]) => [
        name,
        { name, ...parsed, ...(storesPerDay !== undefined && { storesPerDayBytes: storesPerDay }) },
      ]),
    ),
    applications: new Map(
      [...section('applications', applicationSchema)].map(([name, parsed]) => [
        name,
        { name, sources: parsed.sources },
      ]),
    ),
    notifications: notificationSettings(notificationSchema.parse(settings['notifications'] ?? {}), zone),
    server: readServer(settings),
    get origins() {
      return tree.origins
    },
  }
}

function readServer(settings: SettingMap): EffectiveConfig['server'] {
  const { reloadEvery, discovery, tls, oidc, ...rest } = serverSchema.parse(settings['server'] ?? {})
  return { ...rest, ...defined({ tls, oidc }), reloadEveryMs: reloadEvery, discovery: discovery === 'daily' }
}

function readCatalogue(parsed: z.output<typeof catalogueSchema>): CatalogueSettings {
  return parsed.type === 'sqlite' ? { type: 'sqlite', path: parsed.path ?? '' } : parsed
}

function sourceSettings(
  name: string,
  parsed: WholeSource,
  repositories: EffectiveConfig['repositories'],
  zone: string,
): SourceSettings {
  const residency = new Map(
    Object.entries(parsed.residency).map(([label, values]) => [label, typeof values === 'string' ? [values] : values]),
  )
  const allowed = [...repositories.values()].filter((each) => allowsResidency(residency, each.residency))
  const named = parsed.repositories
  const chosen =
    named === 'all'
      ? allowed.map((each) => each.name)
      : named === 'first'
        ? allowed.slice(0, 1).map((each) => each.name)
        : named
  return {
    ...promiseSettings(parsed, { repositories: chosen, hasLog: hasLog(parsed), zone }),
    name,
    labels: new Map(Object.entries(parsed.labels)),
    residency,
    workload: workloadSettings(name, parsed),
    anomaly: parsed.anomaly,
    ...defined({ agent: parsed.agent }),
  }
}
