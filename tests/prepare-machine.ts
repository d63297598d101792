/**
 * Brings what `npm test` needs besides npm packages: real servers and tools from the distribution. As root on a Debian
 * system the missing ones are installed; anywhere else they are named, and the run ends before a test could fail for a
 * reason that has nothing to do with the code.
 */
import { type ExecFileSyncOptions, execFileSync } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'

/** Debian package → the commands of it that tests start. */
const needed: Readonly<Record<string, readonly string[]>> = {
  restic: ['restic'],
  rclone: ['rclone'],
  attr: ['getfattr', 'setfattr'],
  acl: ['getfacl', 'setfacl'],
  openssl: ['openssl'],
  'ceph-mon': ['ceph-mon'],
  'ceph-osd': ['ceph-osd'],
  'ceph-common': ['ceph', 'radosgw-admin'],
  radosgw: ['radosgw'],
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

function isOnPath(command: string): boolean {
  // Servers lie in sbin on some systems, which is not on every user's PATH.
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/sbin']
  return folders.some((folder) => folder !== '' && isExecutable(join(folder, command)))
}

function missingPackages(): string[] {
  return Object.entries(needed)
    .filter(([, commands]) => !commands.every(isOnPath))
    .map(([name]) => name)
}

function install(packages: readonly string[]): void {
  const options: ExecFileSyncOptions = {
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
  }
  execFileSync('apt-get', ['update', '-qq'], options)
  execFileSync('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...packages], options)
}

function stop(reason: string): never {
  process.stderr.write(`${reason}\n`)
  process.exit(1)
}

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
if (major < 24 || (major === 24 && minor < 12)) {
  stop(
    `The tests need Node 24.12 or newer; this is ${process.versions.node}. On Linux \`npm ci\` brings it along ` +
      '(unless optional dependencies are switched off); elsewhere install it.',
  )
}

const missing = missingPackages()
if (missing.length > 0) {
  const command = `apt-get install -y --no-install-recommends ${missing.join(' ')}`
  if (process.getuid?.() !== 0 || !isOnPath('apt-get')) {
    stop(`The tests start real servers and tools that are missing here. Debian's packages: \n  ${command}`)
  }
  process.stdout.write(`Installing what the tests start: ${missing.join(' ')}\n`)
  try {
    install(missing)
  } catch (error) {
    stop(`${command} failed: ${error instanceof Error ? error.message : String(error)}`)
  }
  const still = missingPackages()
  if (still.length > 0) stop(`Still missing after ${command}: ${still.join(' ')}`)
}
