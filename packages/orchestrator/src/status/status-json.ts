import type { Finding } from '../finding/finding.ts'
import type { ApplicationObjectives, Objective } from '../planning/objectives.ts'
import type { RepositoryStatus, SourceStatus, StatusReport } from './status-report.ts'

/** The status as programs get it: times in ISO 8601, durations in seconds, sizes in bytes. */
export function statusJson(report: StatusReport): Readonly<Record<string, unknown>> {
  return {
    message_type: 'status',
    at: report.at,
    all_kept: report.sources.every(({ isBroken }) => !isBroken),
    sources: report.sources.map(sourceJson),
    applications: report.applications.map(applicationJson),
    repositories: report.repositories.map(repositoryJson),
    other_findings: report.otherFindings.map(findingJson),
  }
}

function sourceJson(status: SourceStatus) {
  const { source, newestProof, newestPassed, score } = status
  return {
    name: source.name,
    type: source.workload.type,
    tier: source.tier,
    broken: status.isBroken,
    newest_restorable: status.newestRestorable ?? null,
    newest_restorable_by: status.by,
    rpo: objectiveJson(status.rpo),
    rto: objectiveJson(status.rto),
    last_proof: newestProof === undefined ? null : { at: newestProof.endedAt, verdict: newestProof.verdict },
    last_passed_proof: newestPassed?.endedAt ?? null,
    repositories: source.repositories,
    copies: status.copies,
    score: score.points,
    score_parts: score.parts.map(({ demand, isMet, explanation }) => ({ demand, met: isMet, explanation })),
    active_runs: status.activeRuns.map(({ id, operation, state }) => ({ id, operation, state })),
    findings: status.findings.map(findingJson),
  }
}

function applicationJson(application: ApplicationObjectives) {
  return {
    name: application.name,
    sources: application.sources,
    newest_restorable: application.newestRestorable ?? null,
    rpo: objectiveJson(application.rpo),
    rto: objectiveJson(application.rto),
    score: application.points,
    findings: application.findings.length,
  }
}

function repositoryJson({ settings, cost, ...status }: RepositoryStatus) {
  return {
    name: settings.name,
    location: settings.location,
    medium: settings.medium,
    off_site: settings.isOffSite,
    immutable: settings.isImmutable,
    snapshots: status.snapshots,
    bytes: status.bytes ?? null,
    measured_at: status.measuredAt ?? null,
    bytes_per_day: status.bytesPerDay === undefined ? null : Math.round(status.bytesPerDay),
    capacity_bytes: settings.capacityBytes ?? null,
    full_at: status.fullAt ?? null,
    read_since: status.readSince ?? null,
    cost:
      cost === undefined
        ? null
        : {
            currency: cost.currency,
            per_month: cost.perMonth,
            storage_per_month_in_a_year: cost.storagePerMonthInAYear,
            read_all: cost.readAll,
          },
  }
}

function objectiveJson({ verdict, actualMs, promisedMs }: Objective) {
  return { verdict, seconds: secondsOf(actualMs), promised_seconds: secondsOf(promisedMs) }
}

function findingJson({ key, kind, severity, subject, title, firstSeenAt, acknowledged }: Finding) {
  return { key, kind, severity, subject, title, first_seen: firstSeenAt, acknowledged: acknowledged !== undefined }
}

function secondsOf(ms: number | undefined): number | null {
  return ms === undefined ? null : Math.round(ms / 1000)
}
