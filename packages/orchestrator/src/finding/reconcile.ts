import type { Sight, Unseen } from './detector.ts'
import { findingKey, subjectKey } from './finding-key.ts'
import type { Finding, Observation } from './finding.ts'

export interface Reconciliation {
  /** to be stored: new ones, ended ones, and those whose words or figures are to be refreshed */
  readonly changed: readonly Finding[]
  /** new ones, and those that came back */
  readonly opened: readonly Finding[]
  readonly resolved: readonly Finding[]
}

/** What comes back so soon was never away: it goes on as the same finding. */
export const reopenWithinMs = 15 * 60_000
/** Figures of open findings change with every look (ages); they are stored again after this, or when the severity or acknowledgement asks for it. */
const refreshAfterMs = 5 * 60_000

/**
 * Compares what is seen now with what was known: `previous` holds the open findings and those resolved within
 * `reopenWithinMs`. What is no longer seen is resolved, except what could not be looked at. An acknowledgement holds
 * until the finding is resolved. Pure.
 */
export function reconcile(previous: readonly Finding[], sight: Sight, now: Date): Reconciliation {
  const known = newestByKey(previous)
  const seen = new Map(sight.observations.map((observation) => [findingKey(observation), observation]))
  const isUnseen = unseenTest(sight.unseen)
  const changed: Finding[] = []
  const opened: Finding[] = []
  const resolved: Finding[] = []
  for (const [key, observation] of seen) {
    const before = known.get(key)
    if (before === undefined || isLongOver(before, now)) opened.push(newFinding(key, observation, now))
    else if (before.resolvedAt !== undefined) opened.push(reopened(before, observation, now))
    else if (isWorthStoring(before, observation, now)) changed.push({ ...before, ...refreshed(observation, now) })
  }
  for (const [key, before] of known) {
    if (before.resolvedAt !== undefined || seen.has(key) || isUnseen(before)) continue
    resolved.push({ ...before, resolvedAt: now })
  }
  return { changed: [...changed, ...opened, ...resolved, ...superseded(previous, known, now)], opened, resolved }
}

function newestByKey(findings: readonly Finding[]): Map<string, Finding> {
  const newest = new Map<string, Finding>()
  for (const finding of findings) {
    const other = newest.get(finding.key)
    if (other === undefined || finding.firstSeenAt > other.firstSeenAt) newest.set(finding.key, finding)
  }
  return newest
}

/** Of two open ones with the same key, which should not be, the newer counts; the other would stay open for ever. */
function superseded(previous: readonly Finding[], known: ReadonlyMap<string, Finding>, now: Date): Finding[] {
  return previous
    .filter(({ key, firstSeenAt, resolvedAt }) => {
      const newest = known.get(key)
      return resolvedAt === undefined && newest !== undefined && firstSeenAt < newest.firstSeenAt
    })
    .map((finding) => ({ ...finding, resolvedAt: now }))
}

function isLongOver({ resolvedAt }: Finding, now: Date): boolean {
  return resolvedAt !== undefined && now.getTime() - resolvedAt.getTime() > reopenWithinMs
}

function newFinding(key: string, observation: Observation, now: Date): Finding {
  return { ...observation, key, firstSeenAt: now, lastSeenAt: now }
}

function reopened(before: Finding, observation: Observation, now: Date): Finding {
  return { ...newFinding(before.key, observation, now), firstSeenAt: before.firstSeenAt }
}

/** `about` and subject are the same, since the key is. */
function refreshed(observation: Observation, now: Date): Partial<Finding> {
  const { severity, title, detail, figures } = observation
  return { severity, title, detail, figures, lastSeenAt: now }
}

function isWorthStoring(before: Finding, observation: Observation, now: Date): boolean {
  return before.severity !== observation.severity || now.getTime() - before.lastSeenAt.getTime() >= refreshAfterMs
}

function unseenTest(unseen: readonly Unseen[]): (finding: Finding) => boolean {
  const whole = new Set<string>()
  const single = new Set<string>()
  for (const { kind, subject, about } of unseen) {
    if (about === undefined) whole.add(`${kind}:${subjectKey(subject)}`)
    else single.add(findingKey({ kind, subject, about }))
  }
  return ({ kind, subject, key }) => whole.has(`${kind}:${subjectKey(subject)}`) || single.has(key)
}
