/**
 * Makes a golden repository with a real restic, for the tests of what Holdfast reads.
 * Run on Linux, on a file system with user.* attributes: node make-golden.ts <restic> <format version> <output.tar.gz>
 *
 * In each: two snapshots, the second with a tag and a changed file; two keys (passwords in golden-repository.ts); empty,
 * small and incompressible files, an empty directory, symlinks (one whose target is not UTF-8), hard links, a fifo, an
 * extended attribute, times before 1970 and with nanoseconds, set-id and sticky bits, no permissions at all, hostile
 * names; and a lock whose process is gone.
 */
import { execFileSync, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import * as fs from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { goldenPassword, goldenSecondPassword } from './golden-repository.ts'
import { hostileNames } from './hostile-names.ts'

const [restic, version, output] = process.argv.slice(2)
if (restic === undefined || version === undefined || output === undefined) {
  throw new Error('usage: make-golden.ts <restic> <format version> <output.tar.gz>')
}

const work = fs.mkdtempSync(join(tmpdir(), 'golden-'))
const repository = join(work, 'repository')
const source = join(work, 'source')
const secondPasswordFile = join(work, 'second-password')
const env = { PATH: process.env['PATH'], TZ: 'UTC', RESTIC_REPOSITORY: repository, RESTIC_PASSWORD: goldenPassword }
const run = (...args: string[]): void => {
  execFileSync(restic, [...args, '--no-cache', '--quiet'], { env, cwd: source, stdio: ['ignore', 'inherit', 'inherit'] })
}

makeSource()
fs.writeFileSync(secondPasswordFile, goldenSecondPassword)
run('init', '--repository-version', version)
run('backup', '--host', 'golden', '--time', '2024-02-29 12:30:00', '.')
fs.writeFileSync(join(source, 'changed.txt'), 'second version\n')
setTime('changed.txt', 1_700_000_000)
run('backup', '--host', 'golden', '--time', '2024-03-01 00:00:01', '--tag', 'second,a<b>&c', '--exclude', '*.tmp', '.')
run('key', 'add', '--new-password-file', secondPasswordFile)
await leaveLock(restic)
execFileSync('tar', ['-czf', resolve(output), '--owner=0', '--group=0', '--sort=name', '-C', repository, '.'])
fs.rmSync(work, { recursive: true })

function makeSource(): void {
  fs.mkdirSync(join(source, 'names'), { recursive: true })
  for (const name of hostileNames) {
    fs.writeFileSync(Buffer.concat([Buffer.from(join(source, 'names/')), name]), name)
  }
  fs.mkdirSync(join(source, 'empty-directory'))
  fs.writeFileSync(join(source, 'empty-file'), '')
  fs.writeFileSync(join(source, 'changed.txt'), 'first version\n')
  fs.writeFileSync(join(source, 'text.txt'), 'a line that repeats\n'.repeat(100))
  fs.writeFileSync(join(source, 'noise.bin'), createHash('sha512').update('noise').digest())
  fs.symlinkSync('text.txt', join(source, 'link'))
  fs.symlinkSync(Buffer.from('caf\xe9 <&>', 'latin1'), join(source, 'link-not-utf8'))
  fs.writeFileSync(join(source, 'hard-1'), 'one file, two names\n')
  fs.linkSync(join(source, 'hard-1'), join(source, 'hard-2'))
  execFileSync('mkfifo', [join(source, 'fifo')])
  fs.writeFileSync(join(source, 'attributes'), 'x\n')
  execFileSync('setfattr', ['-n', 'user.comment', '-v', 'a value', join(source, 'attributes')])
  execFileSync('setfattr', ['-n', 'user.empty', join(source, 'attributes')])
  fs.writeFileSync(join(source, 'set-id'), '')
  fs.chmodSync(join(source, 'set-id'), 0o6755)
  fs.writeFileSync(join(source, 'no-permissions'), '')
  fs.chmodSync(join(source, 'no-permissions'), 0)
  fs.chmodSync(join(source, 'empty-directory'), 0o1777)
  setTime('text.txt', -123_456_789)
  execFileSync('touch', ['-d', '2024-01-02T03:04:05.123456700Z', join(source, 'noise.bin')])
  for (const directory of ['names', 'empty-directory', '.']) setTime(directory, 1_600_000_000)
}

function setTime(path: string, seconds: number): void {
  fs.utimesSync(join(source, path), seconds, seconds)
}

/** A backup that waits for its input holds a lock; killed, it leaves it behind. */
async function leaveLock(program: string): Promise<void> {
  const child = spawn(program, ['backup', '--stdin', '--no-cache', '--quiet'], { env, stdio: ['pipe', 'ignore', 'ignore'] })
  while (fs.readdirSync(join(repository, 'locks')).length === 0) await delay(20)
  await delay(500)
  const ended = new Promise((done) => child.once('exit', done))
  child.kill('SIGKILL')
  await ended
}
