/**
 * `node bench/scaling.ts [--files 1000000] [--size-factor 0.05] [--workers 1,2,4] [--directory <dir>]`: how Holdfast's
 * times and memory change with the number of processors, each with a worker thread, on a tree of many small files.
 */
import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { writeSmallFiles } from './data/small-files.ts'
import { describeMachine } from './machine.ts'
import { measureProcess } from './measure-process.ts'
import { holdfastTool } from './tool.ts'

const { values } = parseArgs({
  options: {
    files: { type: 'string', default: '1000000' },
    'size-factor': { type: 'string', default: '0.05' },
    workers: { type: 'string', default: '1,2,4' },
    directory: { type: 'string', default: '/dev/shm' },
  },
})

const directory = join(values.directory, `holdfast-scaling-${process.pid}`)
const data = join(directory, 'data')
mkdirSync(data, { recursive: true })
try {
  const made = writeSmallFiles(data, Number(values.files), Number(values['size-factor']))
  process.stdout.write(`${describeMachine()}.\n\n`)
  process.stdout.write(
    `${made.files} files, ${made.directories} directories, ${Math.round(made.sizeBytes / 1e6)} MB\n\n`,
  )
  process.stdout.write(
    '| workers | first backup | unchanged backup | restore | check, all data |\n|---:|---|---|---|---|\n',
  )
  for (const workers of values.workers.split(',')) process.stdout.write(await measureRow(workers))
} finally {
  rmSync(directory, { recursive: true, force: true })
}

async function measureRow(workers: string): Promise<string> {
  const tool = holdfastTool(Number(workers))
  const repository = join(directory, `repository-${workers}`)
  const target = join(directory, `restored-${workers}`)
  const environment = {
    PATH: process.env['PATH'] ?? '',
    HOME: directory,
    HOLDFAST_PASSWORD: 'benchmark',
  }
  await measureProcess(tool.init(repository), environment)
  const cells: string[] = []
  const backup = tool.backup(repository, data)
  for (const command of [backup, backup, tool.restore(repository, target), tool.check(repository)]) {
    const { seconds, peakBytes } = await measureProcess(command, environment)
    cells.push(`${seconds.toFixed(1)} s, ${Math.round(peakBytes / 1e6)} MB`)
  }
  rmSync(target, { recursive: true })
  rmSync(repository, { recursive: true })
  return `| ${workers} | ${cells.join(' | ')} |\n`
}
