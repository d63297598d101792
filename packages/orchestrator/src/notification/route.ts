import type { EffectiveConfig, RouteSettings } from '@holdfast/core/config/effective-config'
import type { FindingSubject, Finding } from '../finding/finding.ts'
import { severityRank } from '../finding/severity.ts'

/** A route with its place among the others, by which its group is told from theirs. */
export interface Route {
  readonly index: number
  readonly settings: RouteSettings
}

/** The routes that a finding takes: the first that fits, and further ones where a route lets others look. Pure. */
export function routesOf(finding: Pick<Finding, 'severity' | 'subject'>, config: EffectiveConfig): Route[] {
  const routes: Route[] = []
  for (const [index, settings] of config.notifications.routes.entries()) {
    if (!fits(settings, finding, config)) continue
    routes.push({ index, settings })
    if (!settings.andOthers) break
  }
  return routes
}

function fits(
  { minimumSeverity, tiers, sources }: RouteSettings,
  { severity, subject }: Pick<Finding, 'severity' | 'subject'>,
  config: EffectiveConfig,
): boolean {
  if (severityRank(severity) < severityRank(minimumSeverity)) return false
  if (tiers.length === 0 && sources.length === 0) return true
  const concerned = sourcesConcerned(subject, config)
  const isOfSource = sources.length === 0 || concerned.some((name) => sources.includes(name))
  const isOfTier = tiers.length === 0 || concerned.some((name) => tiers.includes(config.sources.get(name)?.tier ?? ''))
  return isOfSource && isOfTier
}

/** A finding about a repository or an application concerns every source in it. */
function sourcesConcerned({ source, repository, application }: FindingSubject, config: EffectiveConfig): string[] {
  if (source !== undefined) return [source]
  if (application !== undefined) return [...(config.applications.get(application)?.sources ?? [])]
  if (repository === undefined) return []
  return [...config.sources.values()]
    .filter(({ repositories }) => repositories.includes(repository))
    .map(({ name }) => name)
}
