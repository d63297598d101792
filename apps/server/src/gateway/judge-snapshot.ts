import type { Snapshot } from '@holdfast/repository/format/snapshot'
import { snapshotTime } from '@holdfast/repository/format/snapshot'
import { tagValue } from '@holdfast/orchestrator/operation/snapshot-record'
import type { GatewayGrant } from './gateway-grant.ts'

/**
 * `backup`: of a source of the agent, made by a run; retention counts it. `free`: made by hand or by restic; retention of
 * sources does not see it.
 */
export type SnapshotVerdict =
  | { readonly kind: 'backup'; readonly source: string; readonly run: string }
  | { readonly kind: 'free' }
  | { readonly kind: 'refused'; readonly reason: string }

/** A clock may be wrong by this much. */
const aheadMs = 10 * 60_000
/** A snapshot bears the time at which its backup began; one by hand has no time limit of its own. */
const shortestPatienceMs = 48 * 3600_000

/** Tags that mean something to Holdfast: what bears one is counted, kept or read as something that an agent does not make. */
const meaning = /^(?:holdfast(?:$|-)|(?:source|type|method|run|proof|of|log|safety|pin)=)/
const allowed = /^(?:holdfast$|(?:source|type|method|run)=)/

/**
 * Whether a snapshot may be what it says, pure. Who holds the key can write any snapshot, so what would mislead those who
 * read it later is refused: another source's tags, another host's name (the next backup there would take files from it that
 * "have not changed"), a time that displaces others from retention, a mark that makes it something else than a backup.
 */
export function judgeSnapshot(snapshot: Omit<Snapshot, 'raw'>, grant: GatewayGrant, now: Date): SnapshotVerdict {
  const refused = faultOf(snapshot, grant, now)
  if (refused !== undefined) return { kind: 'refused', reason: refused }
  const { tags } = snapshot
  if (!tags.includes('holdfast')) return { kind: 'free' }
  const [source, run] = [tagValue(tags, 'source') ?? '', tagValue(tags, 'run')]
  if (run === undefined) return { kind: 'refused', reason: 'it does not say of which run it is' }
  return { kind: 'backup', source, run }
}

function faultOf(snapshot: Omit<Snapshot, 'raw'>, grant: GatewayGrant, now: Date): string | undefined {
  const { tags, hostname, original } = snapshot
  if (original !== undefined) return 'it says that it replaces another'
  const time = timeFault(Number(snapshotTime(snapshot).ns / 1_000_000n), grant, now)
  if (time !== undefined) return time
  const foreign = tags.find((tag) => meaning.test(tag) && !(tags.includes('holdfast') && allowed.test(tag)))
  if (foreign !== undefined) return `the tag ${JSON.stringify(foreign.slice(0, 80))} is not for an agent to set`
  const isOwnEntry = tags.includes('holdfast') && isEntryOf(snapshot, grant)
  if (tags.includes('holdfast') && sourceOf(snapshot, grant) === undefined) {
    return `${JSON.stringify(tagValue(tags, 'source') ?? '')} is no source of its own, or of another type`
  }
  if (!isOwnEntry && hostname !== grant.agent) return `its host name is not ${grant.agent}`
  return undefined
}

/** How long after its beginning a backup may be stored. */
export function patienceMsOf({ sources }: Pick<GatewayGrant, 'sources'>): number {
  return Math.max(shortestPatienceMs, ...[...sources.values()].map(({ timeoutMs }) => 2 * timeoutMs))
}

function timeFault(timeMs: number, grant: GatewayGrant, now: Date): string | undefined {
  const patienceMs = patienceMsOf(grant)
  const behindMs = now.getTime() - timeMs
  if (behindMs < -aheadMs) return `its time is ${Math.round(-behindMs / 60_000)} minutes in the future`
  if (behindMs > patienceMs) return `its time is ${Math.round(behindMs / 3600_000)} hours in the past`
  return undefined
}

/** The source of the agent that the tags name, once and truly. */
function sourceOf({ tags }: Omit<Snapshot, 'raw'>, { sources }: GatewayGrant): string | undefined {
  const valuesOf = (name: string): readonly string[] => tags.filter((tag) => tag.startsWith(`${name}=`))
  if (['source', 'type', 'run'].some((name) => valuesOf(name).length !== 1)) return undefined
  const source = sources.get(tagValue(tags, 'source') ?? '')
  return source?.workload.type === tagValue(tags, 'type') ? source?.name : undefined
}

/** Of a server or a command: its path is that of the source, and its host that of the server. */
function isEntryOf(snapshot: Omit<Snapshot, 'raw'>, grant: GatewayGrant): boolean {
  const source = grant.sources.get(sourceOf(snapshot, grant) ?? '')
  if (source === undefined || source.workload.type === 'files') return false
  const own = `/${source.workload.type}/${source.name}`
  return snapshot.paths.length > 0 && snapshot.paths.every((path) => path === own || path.startsWith(`${own}/`))
}
