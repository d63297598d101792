import type { z } from 'zod'
import { checkPolicies } from '../check/check-policies.ts'
import { checkReferences } from '../check/check-references.ts'
import { describeIssues } from '../check/describe-issue.ts'
import type { ConfigProblem } from '../config-problem.ts'
import type { CatalogueSettings, EffectiveConfig, Origin, SourceSettings } from '../effective-config.ts'
import { catalogueSchema, configSchema } from '../schema/config-schema.ts'
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
import { createTreeBuilder, type SettingTree } from './setting-tree.ts'
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

/** Everything effective: the file's sections, each thing complete. */
function buildTree(settings: SettingMap, tiers: ReadonlyMap<string, SettingTree>, basis: ConfigBasis): SettingTree {
  const tree = createTreeBuilder()
  const fromFile =
    (from: Origin['from'], name?: string) =>
    (path: readonly string[]): Origin => ({
      from,
      ...(name === undefined ? {} : { name }),
      ...basis.originOf(path),
    })
  const byDefault = (): Origin => ({ from: 'default' })
  const { hostname, timeZone } = basis
  tree.overlay({ host: hostname, timeZone }, byDefault)
  const whole = ['host', 'timeZone', 'catalogue', 'notifications', 'server', 'applications']
  const written = Object.fromEntries(Object.entries(settings).filter(([key]) => whole.includes(key)))
  tree.overlay({ catalogue: catalogueDefaults(settings, basis) }, byDefault)
  tree.overlay({ server: defaultSettings(serverSchema, mapAt(settings, 'server')) }, byDefault)
  tree.overlay({ notifications: defaultSettings(notificationSchema, mapAt(settings, 'notifications')) }, byDefault)
  tree.overlay(written, fromFile('file'))
  completeRoutes(tree)
  for (const [name, repository] of Object.entries(mapAt(settings, 'repositories'))) {
    tree.overlay({ repositories: { [name]: defaultSettings(repositorySchema, repository) } }, byDefault)
    tree.overlay({ repositories: { [name]: repository } }, fromFile('repository', name))
  }
  for (const [name, tier] of tiers) {
    tree.overlay(
      { tiers: { [name]: tier.settings } },
      (path) => tier.origins.get(path.slice(2).join('.')) ?? byDefault(),
    )
  }
  for (const [name, source] of Object.entries(mapAt(settings, 'sources'))) {
    if (isSettingMap(source)) addSource(tree, name, source, { settings, tiers, basis })
  }
  return tree
}

interface Parts {
  readonly settings: SettingMap
  readonly tiers: ReadonlyMap<string, SettingTree>
  readonly basis: ConfigBasis
}

/** Defaults of the kind of source, then its tier, then what repositories say of retention, then itself. */
function addSource(
  tree: ReturnType<typeof createTreeBuilder>,
  name: string,
  source: SettingMap,
  { settings, tiers, basis }: Parts,
): void {
  const defaults = defaultSettings(sourceSchema, source)
  const at = (inner: SettingMap): SettingMap => ({ sources: { [name]: inner } })
  tree.overlay(at(defaults), () => ({ from: 'default' }))
  const tier = tiers.get(textAt(source, 'tier') || textAt(defaults, 'tier'))
  if (tier !== undefined) {
    tree.overlay(at(tier.settings), (path) => tier.origins.get(path.slice(2).join('.')) ?? { from: 'default' })
  }
  for (const [repository, repositorySaid] of Object.entries(mapAt(settings, 'repositories'))) {
    const keep = mapAt(repositorySaid, 'keep')
    if (Object.keys(keep).length === 0) continue
    const originOf = (path: readonly string[]): Origin => ({
      from: 'repository',
      name: repository,
      ...basis.originOf(['repositories', repository, 'keep', ...path.slice(4)]),
    })
    tree.overlay(at({ keepIn: { [repository]: keep } }), originOf)
  }
  tree.overlay(at(source), (path) => ({ from: 'source', name, ...basis.originOf(path) }))
}

function catalogueDefaults(settings: SettingMap, { stateDirectory }: ConfigBasis): SettingMap {
  const catalogue = mapAt(settings, 'catalogue')
  if (catalogue['type'] === 'postgresql') return {}
  return { type: 'sqlite', path: `${stateDirectory}/catalogue.db` }
}

/** Lists are taken as they are written, so that defaults within their members are added here. */
function completeRoutes(tree: SettingTree): void {
  const notifications = mapAt(tree.settings, 'notifications')
  const routes = notifications['routes']
  if (!Array.isArray(routes)) return
  const schema = notificationSchema.shape.routes
  const parsed: readonly Setting[] = routes
  const whole = parsed.map((route) => (isSettingMap(route) ? { ...defaultsOfRoute(schema, route), ...route } : route))
  // Boundary: the tree is still being built here, by this file alone.
  Object.assign(notifications, { routes: whole })
}

function defaultsOfRoute(schema: typeof notificationSchema.shape.routes, route: SettingMap): SettingMap {
  return defaultSettings(schema.unwrap().element, route)
}

/** From words to values. What was accepted in parts is accepted whole, so that a failure here is a bug. */
function readTree({ settings, origins }: SettingTree): EffectiveConfig {
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
    applications: new Map(
      [...section('applications', applicationSchema)].map(([name, parsed]) => [
        name,
        { name, sources: parsed.sources },
      ]),
    ),
    notifications: notificationSettings(notificationSchema.parse(settings['notifications'] ?? {}), zone),
    server: readServer(settings),
    origins,
  }
}

function readServer(settings: SettingMap): EffectiveConfig['server'] {
  const { listen, concurrency, reloadEvery } = serverSchema.parse(settings['server'] ?? {})
  return { listen, concurrency, reloadEveryMs: reloadEvery }
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
  }
}
