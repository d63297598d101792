/**
 * `node bench/index-scale.ts [--blobs 10000000] [--directory <dir>] [--restic <program>]`: how long an index of so many
 * blobs takes to load, and how much memory it needs, in Holdfast and in restic. The repository holds index files only.
 */
import { randomBytes } from 'node:crypto'
import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { quietContext } from '@holdfast/core/context'
import { loadIndex } from '@holdfast/repository/engine/load-index'
import { encodeIndex, type IndexPack } from '@holdfast/repository/format/index-file'
import { initRepository } from '@holdfast/repository/open/init-repository'
import { openRepository } from '@holdfast/repository/open/open-repository'
import { writeUnpacked } from '@holdfast/repository/open/unpacked-files'
import { createLocalBackend } from '@holdfast/storage/local/local-backend'
import { measureProcess } from './measure-process.ts'

const password = 'benchmark'
const holdfast = join(import.meta.dirname, '../apps/cli/bin/holdfast.js')
const packsPerFile = 25
const blobsPerPack = 2000
const ctx = quietContext()

async function makeRepository(directory: string, blobs: number): Promise<void> {
  await using backend = createLocalBackend(directory)
  const repository = await initRepository(
    backend,
    password,
    { identity: { username: 'bench', hostname: 'bench' } },
    ctx,
  )
  for (let left = blobs; left > 0; left -= packsPerFile * blobsPerPack) {
    const count = Math.min(left, packsPerFile * blobsPerPack)
    const packs = Array.from({ length: Math.ceil(count / blobsPerPack) }, (_, i) =>
      makePack(Math.min(blobsPerPack, count - i * blobsPerPack)),
    )
    await writeUnpacked(repository, 'index', encodeIndex(packs), ctx)
  }
}

function makePack(blobs: number): IndexPack {
  const ids = randomBytes(32 * (blobs + 1)).toString('hex')
  let offset = 0
  return {
    id: ids.slice(0, 64),
    blobs: Array.from({ length: blobs }, (_, i) => {
      const at = 64 * (i + 1)
      const length = 2000 + (Number.parseInt(ids.slice(at, at + 4), 16) % 12_000)
      offset += length
      return { id: ids.slice(at, at + 64), type: 'data', offset: offset - length, length, rawLength: length * 2 }
    }),
  }
}

/** What the child does that measures loading alone. */
async function load(directory: string): Promise<void> {
  await using backend = createLocalBackend(directory)
  const repository = await openRepository(backend, password, {}, ctx)
  const started = performance.now()
  const index = await loadIndex(repository, ctx)
  const seconds = (performance.now() - started) / 1000
  const perBlob = index.reservedBytes / index.size
  process.stdout.write(`${index.size} blobs in ${seconds.toFixed(1)} s, ${perBlob.toFixed(0)} bytes a blob`)
}

async function main(directory: string, blobs: number, restic: string): Promise<void> {
  mkdirSync(directory, { recursive: true })
  const repository = join(directory, 'repository')
  const environment = { PATH: process.env['PATH'] ?? '', HOME: directory }
  const ours = { ...environment, HOLDFAST_PASSWORD: password }
  const theirs = { ...environment, RESTIC_PASSWORD: password }
  const stats = [process.execPath, holdfast, '--no-cache', '-r', repository, 'stats']
  try {
    await makeRepository(repository, blobs)
    const loaded = await measureProcess([process.execPath, import.meta.filename, '--load', repository], environment)
    process.stdout.write(`loading: ${loaded.output}\n`)
    // the first run also compiles the program
    await measureProcess(stats, ours)
    process.stdout.write(`holdfast stats: ${describe(await measureProcess(stats, ours))}\n`)
    const command = [restic, '--no-cache', '--no-lock', '-r', repository, 'stats']
    process.stdout.write(`restic stats: ${describe(await measureProcess(command, theirs))}\n`)
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

function describe({ seconds, peakBytes }: { seconds: number; peakBytes: number }): string {
  return `${seconds.toFixed(1)} s from start to end, ${Math.round(peakBytes / 1e6)} MB at most`
}

const { values } = parseArgs({
  options: {
    blobs: { type: 'string', default: '10000000' },
    directory: { type: 'string', default: '/dev/shm' },
    restic: { type: 'string', default: 'restic' },
    load: { type: 'string' },
  },
})
if (values.load === undefined)
  await main(join(values.directory, `holdfast-index-${process.pid}`), Number(values.blobs), values.restic)
else await load(values.load)
