import { execFileSync } from 'node:child_process'
import * as fs from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { cheapenKey } from '../key/testing/cheapen-key.ts'
import { RandomBytes } from './random-bytes.ts'

/** For tests: a repository made by the real restic. */
export interface ResticSample {
  readonly path: string
  readonly source: string
  readonly password: string
  /** runs restic on it, in the source directory; returns what it printed */
  restic(...args: string[]): string
  remove(): void
}

/** restic from PATH, and another one that HOLDFAST_TEST_RESTIC names. */
export function resticPrograms(): readonly string[] {
  // oxlint-disable-next-line node/no-process-env
  const other = process.env['HOLDFAST_TEST_RESTIC']
  return other === undefined || other === '' ? ['restic'] : ['restic', other]
}

/**
 * Two snapshots of a small tree: nested directories, equal files, an empty one, hard links, a symlink, names that are not
 * ASCII, a file of several chunks; the second with files added, changed, removed and replaced by a directory.
 */
export async function makeResticSample(program: string, version: 1 | 2): Promise<ResticSample> {
  const work = fs.mkdtempSync(join(tmpdir(), 'restic-sample-'))
  const [path, source] = [join(work, 'repository'), join(work, 'source')]
  const password = 'sample'
  // oxlint-disable-next-line node/no-process-env
  const env = { PATH: process.env['PATH'], HOME: work, TZ: 'UTC', RESTIC_REPOSITORY: path, RESTIC_PASSWORD: password }
  const restic = (...args: string[]): string =>
    execFileSync(program, [...args, '--no-cache'], { env, cwd: source, encoding: 'utf8', maxBuffer: 1 << 28 })
  fs.mkdirSync(source)
  restic('init', '--quiet', '--repository-version', String(version))
  await cheapenKey(path, password)
  makeFirst(source)
  restic('backup', '--quiet', '--host', 'sample', '--time', '2024-03-01 10:00:00', '.')
  change(source)
  restic('backup', '--quiet', '--host', 'sample', '--time', '2024-03-02 10:00:00', '--force', '.')
  return { path, source, password, restic, remove: () => fs.rmSync(work, { recursive: true, force: true }) }
}

function makeFirst(source: string): void {
  const random = new RandomBytes(1)
  for (let directory = 0; directory < 12; directory++) {
    const path = join(source, `directory-${directory}`, 'Inner', 'deep')
    fs.mkdirSync(path, { recursive: true })
    for (let file = 0; file < 5; file++) {
      fs.writeFileSync(join(path, `File-${file}.txt`), `${directory % 6} ${file}\n`.repeat(50 * file))
    }
  }
  fs.writeFileSync(join(source, 'large.bin'), random.take(5 << 20))
  fs.writeFileSync(join(source, 'gone.bin'), random.take(70_000))
  fs.writeFileSync(join(source, 'becomes-directory'), 'a file')
  fs.writeFileSync(join(source, 'grüße 한국.txt'), 'not ASCII\n')
  fs.writeFileSync(join(source, 'hard-1'), 'two names\n')
  fs.linkSync(join(source, 'hard-1'), join(source, 'hard-2'))
  fs.symlinkSync('large.bin', join(source, 'link'))
}

function change(source: string): void {
  fs.rmSync(join(source, 'gone.bin'))
  fs.rmSync(join(source, 'directory-3'), { recursive: true })
  fs.rmSync(join(source, 'becomes-directory'))
  fs.mkdirSync(join(source, 'becomes-directory'))
  fs.writeFileSync(join(source, 'becomes-directory', 'inside'), 'now a directory')
  fs.mkdirSync(join(source, 'new', 'below'), { recursive: true })
  fs.writeFileSync(join(source, 'new', 'below', 'file'), 'new\n')
  fs.symlinkSync('nowhere', join(source, 'new', 'link'))
  fs.writeFileSync(join(source, 'directory-5', 'Inner', 'deep', 'File-2.txt'), 'changed\n')
  fs.chmodSync(join(source, 'hard-1'), 0o600)
  fs.utimesSync(join(source, 'directory-7', 'Inner', 'deep', 'File-4.txt'), 1e9, 1e9)
}
