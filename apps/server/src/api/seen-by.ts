import { type Caller, maySee } from '@holdfast/api/caller'
import type { EventView } from '@holdfast/api/view/event-view'
import type { EffectiveConfig } from '@holdfast/core/config/effective-config'
import { AppError } from '@holdfast/core/errors/app-error'
import type { StatusReport } from '@holdfast/orchestrator/status/status-report'

/**
 * What a caller that is limited to sources sees: these sources, applications of nothing but these, repositories that
 * hold them. What it does not see is not there for it, down to the suggestions of errors.
 */
export function configSeenBy(caller: Caller, config: EffectiveConfig): EffectiveConfig {
  if (caller.sources === undefined) return config
  const sources = new Map([...config.sources].filter(([name]) => maySee(caller, name)))
  const used = new Set([...sources.values()].flatMap(({ repositories }) => repositories))
  const isWhole = (of: readonly string[]): boolean => of.every((name) => maySee(caller, name))
  return {
    ...config,
    sources,
    repositories: new Map([...config.repositories].filter(([name]) => used.has(name))),
    applications: new Map([...config.applications].filter(([, application]) => isWhole(application.sources))),
  }
}

/** The same of how everything stands. */
export function reportSeenBy(caller: Caller, report: StatusReport, config: EffectiveConfig): StatusReport {
  if (caller.sources === undefined) return report
  const seen = configSeenBy(caller, config)
  return {
    at: report.at,
    sources: report.sources.filter(({ source }) => seen.sources.has(source.name)),
    applications: report.applications.filter(({ name }) => seen.applications.has(name)),
    repositories: report.repositories.filter(({ settings }) => seen.repositories.has(settings.name)),
    otherFindings: [],
  }
}

/** Whether it may see what is about this source, or about none. */
export function seesAbout(caller: Caller, { source }: { readonly source?: string | undefined }): boolean {
  return source === undefined ? caller.sources === undefined : maySee(caller, source)
}

export function seesEvent(caller: Caller, event: EventView): boolean {
  switch (event.type) {
    case 'run.changed':
      return seesAbout(caller, event.run)
    case 'run.progressed':
      return seesAbout(caller, event)
    case 'finding.changed':
      return seesAbout(caller, event.finding.subject)
    case 'config.reloaded':
      return caller.sources === undefined
    case 'reset':
      return true
  }
}

/** For what is about everything. Fails with CALLER_LIMITED. */
export function requireUnlimited(caller: Caller): void {
  if (caller.sources !== undefined) throw new AppError('CALLER_LIMITED', { name: caller.name })
}
