import { setTimeout } from 'node:timers/promises'
import { coverage } from '@holdfast/connectors/postgresql/wal/coverage'
import { followWal, type FollowReport } from '@holdfast/connectors/postgresql/wal/follower'
import { dateOfWalTime } from '@holdfast/connectors/postgresql/wal/wal-time'
import { type Context, withSignal } from '@holdfast/core/context'
import { formatDurationMs } from '@holdfast/core/units/duration'
import { formatSize } from '@holdfast/core/units/size'
import { createRepositoryLogSink } from '@holdfast/orchestrator/log/repository-log-sink'
import { backupPostgres } from '@holdfast/orchestrator/postgresql/backup-postgres'
import type { Proof } from '@holdfast/orchestrator/postgresql/proof'
import { provePostgres } from '@holdfast/orchestrator/postgresql/prove'
import { readRecoveryMaterial } from '@holdfast/orchestrator/postgresql/read-recovery-material'
import type { SaveSettings } from '@holdfast/orchestrator/save-settings'
import type { Repository } from '@holdfast/repository/repository'
import { countOf } from '@holdfast/core/units/count-of'
import { formatLocalTime } from '../output/local-time.ts'
import type { Output } from '../output/output.ts'
import { currentIdentity } from '../session/identity.ts'
import { defaultWorkers } from '../session/worker-count.ts'
import { findPostgresPrograms, type PostgresPrograms } from './postgres-programs.ts'
import { reportRow } from './report-row.ts'
import { type ScratchPostgres, startScratchPostgres } from './scratch-postgres.ts'
import { type Accident, createShop, dropOrders, sameState, shop, ShopTraffic } from './shop-database.ts'

/** What is committed is in the repository after so long at the latest; `holdfast follow` takes 10 s unless told. */
const flushEveryMs = 1000
/** the shop's life before the accident: so much traffic that there is something to replay */
const sellForMs = 3000

/**
 * Runs a shop on a PostgreSQL server of its own, backs it up while it sells, drops its orders, and recovers it to the
 * second before. Returns what differs; undefined where there is no PostgreSQL to run.
 */
export async function provePostgresRecovery(
  {
    directory,
    repository,
    path,
    output,
  }: {
    /** empty; the user that the server runs as must get to what is above it */
    readonly directory: string
    readonly repository: Repository
    /** the variable PATH */
    readonly path: string | undefined
    readonly output: Output
  },
  ctx: Context,
): Promise<readonly string[] | undefined> {
  const programs = await findPostgresPrograms(directory, path)
  if (programs === undefined) {
    reportRow(output, 'PostgreSQL', 'left out: npm ci brought none for this machine, and none is installed')
    return undefined
  }
  await using server = await startScratchPostgres(programs, directory, ctx)
  await createShop(server, ctx)
  const { accident, rpoMs, followed } = await liveThroughAccident(server, programs, repository, output, ctx)
  reportRow(
    output,
    'log',
    `${formatSize(followed.bytesReceived)} of WAL followed; up to the accident all but the newest ${formatDurationMs(rpoMs)} was in the repository (RPO)`,
  )
  const proof = await provePostgres(
    repository,
    {
      source: shop,
      target: { stop: { type: 'time', at: accident.before } },
      targetText: accident.before,
      expectation: {
        assertions: accident.states.map((state) => ({ database: shop, sql: sameState(state) })),
        relations: [],
        unique: [],
      },
      binaries: { directories: [programs.directory], path: '' },
      sandboxParent: directory,
      workers: defaultWorkers(),
    },
    ctx,
  )
  reportProof(proof, accident, output)
  return proof.checks
    .filter(({ verdict }) => verdict === 'failed')
    .map(({ name, subject, evidence }) => `${name} ${subject}: ${evidence}`)
}

interface AccidentReport {
  readonly accident: Accident
  /** what would have been lost, had the machine burned just before */
  readonly rpoMs: number
  readonly followed: FollowReport
}

async function liveThroughAccident(
  server: ScratchPostgres,
  programs: PostgresPrograms,
  repository: Repository,
  output: Output,
  ctx: Context,
): Promise<AccidentReport> {
  const controller = new AbortController()
  const following = follow(server, repository, withSignal(ctx, AbortSignal.any([ctx.signal, controller.signal])))
  // a failure is met below
  following.catch(() => {})
  try {
    await using traffic = await ShopTraffic.start(server, ctx)
    const settings = { ...saveSettings(), tags: ['quickstart'] }
    const options = { source: shop, method: 'wire', checkpoint: 'fast', verifyPages: true } as const
    const names = { label: 'holdfast quickstart', toolVersion: 'quickstart' }
    const { manifest, saved } = await backupPostgres(
      [repository],
      server.target,
      { ...options, ...names },
      settings,
      ctx,
    )
    reportRow(
      output,
      'PostgreSQL',
      `${programs.version}: a shop with ${countOf(100_000, 'order')} that goes on selling`,
    )
    const tookMs = saved.endedAt.getTime() - saved.startedAt.getTime()
    const packed = saved.repositories[0]?.dataAddedPacked ?? 0
    const pages = countOf(manifest.pagesChecked ?? 0, 'page')
    reportRow(
      output,
      'base backup',
      `${countOf(manifest.files, 'file')}, ${formatSize(manifest.bytes)} over the wire in ${formatDurationMs(tookMs)}, ${pages} checked; stored in ${formatSize(packed)}`,
    )
    await setTimeout(sellForMs, undefined, { signal: ctx.signal })
    const rpoMs = await measureRpo(repository, ctx)
    await traffic.stopOrders()
    await using connection = await server.connect(shop, ctx)
    const accident = await dropOrders(connection, ctx)
    const at = formatLocalTime(ctx.now())
    reportRow(output, 'accident', `DROP TABLE orders at ${at}: ${countOf(accident.droppedRows, 'row')} gone`)
    await setTimeout(flushEveryMs, undefined, { signal: ctx.signal })
    controller.abort()
    return { accident, rpoMs, followed: await following }
  } finally {
    controller.abort()
    await following.catch(() => {})
  }
}

async function follow({ target }: ScratchPostgres, repository: Repository, ctx: Context): Promise<FollowReport> {
  const settings = saveSettings()
  await using sink = createRepositoryLogSink([repository], {
    source: shop,
    settings: { ...settings, workers: Math.min(settings.workers, 2) },
    lock: { identity: { ...currentIdentity(), pid: process.pid } },
  })
  return await followWal(target, { slot: 'holdfast_shop', sink, flushEveryMs, watchEveryMs: 0 }, ctx)
}

/** RPO: from now back to the newest instant that can be recovered. */
async function measureRpo(repository: Repository, ctx: Context): Promise<number> {
  const nowMs = ctx.now().getTime()
  const { recoverable } = await readRecoveryMaterial(repository, shop, ctx)
  const newest = coverage(recoverable)?.newest
  return newest === undefined ? Number.NaN : Math.max(0, nowMs - dateOfWalTime(newest).getTime())
}

function reportProof({ recoveryMs, dataBytes, walBytes, checks }: Proof, accident: Accident, output: Output): void {
  const volume = `${formatSize(dataBytes)} and ${formatSize(walBytes)} of WAL`
  const target = formatLocalTime(dateOfWalTime(accident.before))
  reportRow(output, 'recovery', `to ${target}, a second before: ${volume} in ${formatDurationMs(recoveryMs)} (RTO)`)
  const rows = accident.states.map((state) => `${state.rows} ${state.table}`).join(', ')
  const isSame = checks.filter(({ name }) => name === 'assertion').every(({ verdict }) => verdict === 'passed')
  reportRow(output, '', `${rows}: ${isSame ? 'every row as it was then, and none of later' : 'NOT as they were'}`)
  const shown = ['foreign-keys', 'btrees', 'pages'].flatMap((name) => {
    const check = checks.find((each) => each.name === name && (each.subject === shop || each.subject === ''))
    return check === undefined ? [] : [check.evidence]
  })
  reportRow(output, '', shown.join('; '))
}

function saveSettings(): SaveSettings {
  return {
    identity: currentIdentity(),
    programVersion: 'holdfast quickstart',
    compression: 'auto',
    packBytes: 16 << 20,
    workers: defaultWorkers(),
    verbose: false,
  }
}
