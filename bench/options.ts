import { existsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { scenarios } from './scenario.ts'

/** What `npm run bench -- …` was asked for. */
export interface BenchOptions {
  readonly restic: string
  readonly runs: number
  readonly only: readonly string[]
  readonly scale: number
  /** a new directory of this run, removed at its end */
  readonly directory: string
  readonly repository: string | undefined
  readonly workers: number | undefined
  readonly write: boolean
}

export const usage = `npm run bench -- [options]     compares Holdfast with restic on the same data
  --restic <program>       the restic to compare with (default: the one on the PATH)
  --runs <n>               clean runs of each, medians count (default 5)
  --only <names>           of ${scenarios.map((scenario) => scenario.name).join(', ')}; separated by commas
  --scale <factor>         size of the data, 1 is the size of the published table
  --directory <directory>  where data, repositories and restored files go (default: a memory file system)
  --repository <prefix>    where repositories go instead, for example s3:http://127.0.0.1:7480/bench
  --workers <n>            processors for both programs; Holdfast starts a worker on each (default: all)
  --write                  put the table into docs/benchmarks.md`

export function parseOptions(parameters: readonly string[]): BenchOptions {
  const { values } = parseArgs({
    args: [...parameters],
    options: {
      restic: { type: 'string', default: 'restic' },
      runs: { type: 'string', default: '5' },
      only: { type: 'string', default: scenarios.map((scenario) => scenario.name).join(',') },
      scale: { type: 'string', default: '1' },
      directory: { type: 'string', default: memoryFileSystem() },
      repository: { type: 'string' },
      workers: { type: 'string' },
      write: { type: 'boolean', default: false },
    },
  })
  const only = values.only.split(',')
  const unknown = only.filter((name) => !scenarios.some((scenario) => scenario.name === name))
  if (unknown.length > 0) throw new Error(`no benchmark is called ${unknown.join(', ')}\n${usage}`)
  return {
    restic: values.restic,
    runs: positive('runs', values.runs),
    only,
    scale: positive('scale', values.scale),
    directory: join(values.directory, `holdfast-bench-${process.pid}`),
    repository: values.repository,
    workers: values.workers === undefined ? undefined : positive('workers', values.workers),
    write: values.write,
  }
}

function memoryFileSystem(): string {
  return existsSync('/dev/shm') ? '/dev/shm' : tmpdir()
}

function positive(name: string, value: string): number {
  const number = Number(value)
  if (!(number > 0)) throw new Error(`--${name} needs a positive number, not ${value}\n${usage}`)
  return number
}
