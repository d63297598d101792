import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { writeRandomData } from './data/random-data.ts'
import { writeSmallFiles } from './data/small-files.ts'
import { writeSqlText } from './data/sql-text.ts'

export type Step = 'first backup' | 'unchanged backup' | 'restore' | 'check, all data' | 'snapshots'

/** One kind of data, what is measured on it, and the least ratio restic ÷ Holdfast that is promised. */
export interface Scenario {
  readonly name: string
  /** for people, at scale 1 */
  readonly data: string
  readonly bars: Readonly<Partial<Record<Step, number>>>
  /** Writes the data into an empty directory. */
  generate(directory: string, scale: number): Promise<void>
}

const mebibyte = 1024 * 1024

export const scenarios: readonly Scenario[] = [
  {
    name: 'small',
    data: '108 000 small files in 14 200 directories, 1.7 GB',
    bars: { 'first backup': 2.2, 'unchanged backup': 3.5, restore: 3, 'check, all data': 2 },
    generate: async (directory, scale) => {
      writeSmallFiles(directory, Math.round(108_000 * scale))
    },
  },
  {
    name: 'sql',
    data: 'one SQL-like text of 1 GiB',
    bars: { 'first backup': 2.2, restore: 2, 'check, all data': 2 },
    generate: (directory, scale) => writeSqlText(join(directory, 'dump.sql'), Math.round(1024 * mebibyte * scale)),
  },
  {
    name: 'random',
    data: 'one incompressible file of 512 MiB',
    bars: { 'first backup': 2.2, restore: 2, 'check, all data': 2 },
    generate: (directory, scale) => writeRandomData(join(directory, 'random.bin'), Math.round(512 * mebibyte * scale)),
  },
  {
    name: 'start',
    data: 'a repository with ten small files',
    bars: { snapshots: 1 },
    generate: async (directory) => {
      mkdirSync(directory, { recursive: true })
      writeSmallFiles(directory, 10)
    },
  },
]
