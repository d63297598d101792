import { execFile } from 'node:child_process'
import { resticPrograms } from '@holdfast/repository/snapshot/restic-fixture'
import { scenarioPassword } from '../scenario/scenario-repository.ts'

/** The restic on the PATH, and the one that HOLDFAST_TEST_RESTIC names. */
export const programs = resticPrograms()

export interface ResticOptions {
  readonly workingDirectory?: string
  readonly timeZone?: string
}

/** Runs one restic on one repository; returns what it prints, and fails with what it complains about. */
export interface Restic {
  (args: readonly string[], options?: ResticOptions): Promise<string>
}

export function resticOn(program: string, repository: string, password = scenarioPassword): Restic {
  // oxlint-disable-next-line node/no-process-env
  const path = process.env['PATH'] ?? ''
  return (args, { workingDirectory = '/', timeZone = 'UTC' } = {}) =>
    new Promise((resolve, reject) => {
      const env = {
        PATH: path,
        HOME: '/nonexistent',
        TZ: timeZone,
        RESTIC_PASSWORD: password,
        RESTIC_FROM_PASSWORD: password,
      }
      const all = ['--repo', repository, '--no-cache', ...args]
      execFile(program, all, { env, cwd: workingDirectory, maxBuffer: 1 << 28 }, (error, stdout, stderr) => {
        if (error === null) resolve(stdout)
        else reject(new Error(`${program} ${args.join(' ')} failed: ${stderr}${stdout}`))
      })
    })
}

export interface ResticSummary {
  readonly data_blobs: number
  readonly tree_blobs: number
  readonly files_unmodified: number
  readonly snapshot_id: string
}

/** What `restic backup --json` says at its end. */
export function summaryOf(output: string): ResticSummary {
  const lines = output.trim().split('\n')
  // Boundary: restic's documented JSON.
  return JSON.parse(lines.at(-1) ?? '') as ResticSummary
}

/** The root tree of each snapshot, oldest first, as restic lists them. */
export async function listedTrees(restic: Restic): Promise<string[]> {
  // Boundary: restic's documented JSON.
  const snapshots = JSON.parse(await restic(['snapshots', '--json'])) as { time: string; tree: string }[]
  return snapshots.toSorted((a, b) => Date.parse(a.time) - Date.parse(b.time)).map(({ tree }) => tree)
}
