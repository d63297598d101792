/**
 * Brings what `npm test` needs besides npm packages: real servers and tools from the distribution. As root on a Debian
 * system the missing ones are installed; anywhere else they are named, and the run ends before a test could fail for a
 * reason that has nothing to do with the code.
 */
import { type ExecFileSyncOptions, execFileSync } from 'node:child_process'
import { accessSync, constants, existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { preparePostgres } from './prepare-postgres.ts'
import { preparePromtool } from './prepare-promtool.ts'

/** Debian package → the commands of it that tests start; with their path where it is on nobody's PATH. */
const needed: Readonly<Record<string, readonly string[]>> = {
  restic: ['restic'],
  rclone: ['rclone'],
  attr: ['getfattr', 'setfattr'],
  acl: ['getfacl', 'setfacl'],
  openssl: ['openssl'],
  chromium: ['chromium'],
  'ceph-mon': ['ceph-mon'],
  'ceph-osd': ['ceph-osd'],
  'ceph-common': ['ceph', 'radosgw-admin'],
  radosgw: ['radosgw'],
  'mariadb-server': ['mariadbd', 'mariadb-install-db'],
  pgloader: ['pgloader'],
  'mariadb-backup': ['mariadb-backup', 'mbstream'],
  'postgresql-15': ['/usr/lib/postgresql/15/bin/postgres', '/usr/lib/postgresql/15/bin/pgbench'],
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
  if (command.startsWith('/')) return isExecutable(command)
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
  const cluster = '/etc/postgresql/15/main'
  const hadCluster = existsSync(cluster)
  execFileSync('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...packages], options)
  // Debian's package makes a database cluster and starts it; the tests have their own, and this one nobody asked for.
  if (!hadCluster && existsSync(cluster)) execFileSync('pg_dropcluster', ['--stop', '15', 'main'], options)
  if (packages.includes('mariadb-server')) stopService('mariadb', options)
}

/** The same of a server that the package started; there may be nothing that runs services. */
function stopService(name: string, options: ExecFileSyncOptions): void {
  try {
    execFileSync('service', [name, 'stop'], options)
  } catch {
    process.stdout.write(`The service ${name} was not running.\n`)
  }
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

preparePostgres()
try {
  preparePromtool()
} catch (error) {
  stop(error instanceof Error ? error.message : String(error))
}
