/**
 * `node bench/scaling.ts [--files 1000000] [--size-factor 0.05] [--flat] [--workers 1,2,4] [--restic <program>]
 * [--directory <dir>]`: how Holdfast's times and memory change with the number of processors, each with a worker thread,
 * on a tree of many small files or (`--flat`) on one directory that holds them all; and restic's on the most processors.
 */
import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { writeFlatDirectory } from './data/flat-directory.ts'
import { writeSmallFiles } from './data/small-files.ts'
import { describeMachine } from './machine.ts'
import { measureProcess } from './measure-process.ts'
import { holdfastTool, resticTool, type Tool } from './tool.ts'

const { values } = parseArgs({
  options: {
    files: { type: 'string', default: '1000000' },
    'size-factor': { type: 'string', default: '0.05' },
    flat: { type: 'boolean', default: false },
    workers: { type: 'string', default: '1,2,4' },
    restic: { type: 'string' },
    directory: { type: 'string', default: '/dev/shm' },
  },
})

const directory = join(values.directory, `holdfast-scaling-${process.pid}`)
const data = join(directory, 'data')
mkdirSync(data, { recursive: true })
try {
  const files = Number(values.files)
  const made = values.flat
    ? writeFlatDirectory(data, files)
    : writeSmallFiles(data, files, Number(values['size-factor']))
  const megabytes = Math.round(made.sizeBytes / 1e6)
  process.stdout.write(`${describeMachine()}.\n\n`)
  process.stdout.write(`${made.files} files, ${made.directories} directories, ${megabytes} MB\n\n`)
  process.stdout.write('| program | processors | first backup | unchanged backup | restore | check, all data |\n')
  process.stdout.write('|---|---:|---|---|---|---|\n')
  const workers = values.workers.split(',').map(Number)
  for (const count of workers) await measureRow(holdfastTool(count), count)
  const most = Math.max(...workers)
  if (values.restic !== undefined) await measureRow(resticTool(values.restic, most), most)
} finally {
  rmSync(directory, { recursive: true, force: true })
}

async function measureRow(tool: Tool, processors: number): Promise<void> {
  const repository = join(directory, `repository-${tool.name}-${processors}`)
  const target = join(directory, `restored-${tool.name}-${processors}`)
  const password = { HOLDFAST_PASSWORD: 'benchmark', RESTIC_PASSWORD: 'benchmark' }
  const environment = { PATH: process.env['PATH'] ?? '', HOME: directory, ...password }
  await measureProcess(tool.init(repository), environment)
  const cells: string[] = []
  const backup = tool.backup(repository, data)
  for (const command of [backup, backup, tool.restore(repository, target), tool.check(repository)]) {
    const { seconds, peakBytes } = await measureProcess(command, environment)
    cells.push(`${seconds.toFixed(1)} s, ${Math.round(peakBytes / 1e6)} MB`)
  }
  rmSync(target, { recursive: true })
  rmSync(repository, { recursive: true })
  process.stdout.write(`| ${tool.name} | ${processors} | ${cells.join(' | ')} |\n`)
}
