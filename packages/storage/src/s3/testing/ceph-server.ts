import { randomUUID } from 'node:crypto'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePorts } from '@holdfast/core/testing/free-ports'
import { runToEnd, type ServerProcess, startProcess, waitUntil } from '../../server-process.ts'

/** A real S3 server for tests. */
export interface CephServer extends AsyncDisposable {
  /** `http://127.0.0.1:port` */
  readonly endpoint: string
  /** the name below which buckets are host names: `bucket.s3.test` with the endpoint's port */
  readonly dnsName: string
  readonly accessKeyId: string
  readonly secretAccessKey: string
}

const debianPackages = '-y --no-install-recommends ceph-mon ceph-osd radosgw ceph-common'
const dnsName = 's3.test'
const credentials = { accessKeyId: 'HOLDFASTTESTKEY', secretAccessKey: 'holdfast-test-secret' }

interface Ports {
  readonly monitor: number
  readonly legacyMonitor: number
  readonly gateway: number
}

/**
 * Starts a Ceph cluster of one monitor and one disk with its S3 gateway, in a new directory below `parent` and on free
 * loopback ports; ready after about 15 seconds. Needs root. Disposing kills its processes and removes its files.
 */
export async function startCephServer(parent = tmpdir()): Promise<CephServer> {
  const stack = new AsyncDisposableStack()
  try {
    const folder = await mkdtemp(join(parent, 'holdfast-ceph-'))
    stack.defer(() => rm(folder, { recursive: true, force: true }))
    const [monitor = 0, legacyMonitor = 0, gateway = 0] = await freePorts(3)
    const ports = { monitor, legacyMonitor, gateway }
    const configFile = join(folder, 'ceph.conf')
    const clusterId = randomUUID()
    for (const name of ['monitor', 'disk', 'gateway', 'run']) await mkdir(join(folder, name))
    await writeFile(configFile, configuration(folder, clusterId, ports))
    await startMonitor(stack, folder, configFile, clusterId, ports)
    await startDisk(stack, folder, configFile)
    await startGateway(stack, folder, configFile, gateway)
    const endpoint = `http://127.0.0.1:${gateway}`
    return { endpoint, dnsName, ...credentials, [Symbol.asyncDispose]: () => stack.disposeAsync() }
  } catch (error) {
    await stack.disposeAsync()
    throw error
  }
}

function configuration(folder: string, clusterId: string, ports: Ports): string {
  const monitorAddress = `[v2:127.0.0.1:${ports.monitor}/0,v1:127.0.0.1:${ports.legacyMonitor}/0]`
  const sections: Record<string, Record<string, string | number | boolean>> = {
    global: {
      fsid: clusterId,
      'mon host': monitorAddress,
      'public addr': '127.0.0.1',
      'ms bind ipv6': false,
      // Nobody else can reach it, so it goes without keys and encryption.
      'auth cluster required': 'none',
      'auth service required': 'none',
      'auth client required': 'none',
      'auth allow insecure global id reclaim': true,
      'ms mon client mode': 'crc',
      'ms client mode': 'crc',
      // One disk has to do for all copies.
      'osd pool default size': 1,
      'osd pool default min size': 1,
      'mon allow pool size one': true,
      'mon warn on pool no redundancy': false,
      'osd pool default pg num': 8,
      'osd pool default pg autoscale mode': 'off',
      'osd crush chooseleaf type': 0,
      'run dir': join(folder, 'run'),
      'admin socket': join(folder, 'run', '$name.asok'),
      'log file': join(folder, 'run', '$name.log'),
      'crash dir': join(folder, 'run'),
      'mon data avail warn': 2,
      'mon data avail crit': 1,
    },
    'mon.a': { 'mon data': join(folder, 'monitor'), 'mon cluster log file': join(folder, 'run', 'cluster.log') },
    osd: {
      'osd data': join(folder, 'disk'),
      'osd class dir': `/usr/lib/${process.arch === 'arm64' ? 'aarch64' : 'x86_64'}-linux-gnu/rados-classes`,
      'osd objectstore': 'bluestore',
      'bluestore block size': 10 * 1024 ** 3,
      'bluestore block create': true,
      'osd memory target': 1024 ** 3,
    },
    'client.gateway': {
      'rgw frontends': `beast endpoint=127.0.0.1:${ports.gateway}`,
      'rgw data': join(folder, 'gateway'),
      'rgw dns name': dnsName,
    },
  }
  return Object.entries(sections)
    .map(
      ([name, settings]) =>
        `[${name}]\n${Object.entries(settings)
          .map(([key, value]) => `${key} = ${value}\n`)
          .join('')}`,
    )
    .join('\n')
}

async function startMonitor(
  stack: AsyncDisposableStack,
  folder: string,
  configFile: string,
  clusterId: string,
  ports: Ports,
): Promise<void> {
  const map = join(folder, 'monitor-map')
  const address = `[v2:127.0.0.1:${ports.monitor},v1:127.0.0.1:${ports.legacyMonitor}]`
  await run('monmaptool', ['--create', '--clobber', '--fsid', clusterId, '--addv', 'a', address, map], folder)
  await run('ceph-mon', ['-c', configFile, '--mkfs', '-i', 'a', '--monmap', map], folder)
  const monitor = stack.use(await daemon('ceph-mon', ['-c', configFile, '-f', '-i', 'a'], folder))
  await waitUntil(
    'the Ceph monitor',
    async () => (await ask(configFile, folder, 'mon', 'stat')).includes('quorum'),
    monitor,
  )
}

async function startDisk(stack: AsyncDisposableStack, folder: string, configFile: string): Promise<void> {
  const id = randomUUID()
  await ask(configFile, folder, 'osd', 'new', id)
  await run('ceph-osd', ['-c', configFile, '-i', '0', '--mkfs', '--osd-uuid', id], folder)
  const disk = stack.use(await daemon('ceph-osd', ['-c', configFile, '-f', '-i', '0'], folder))
  await waitUntil('the Ceph disk', async () => (await ask(configFile, folder, 'osd', 'stat')).includes('1 up'), disk)
  await ask(configFile, folder, 'osd', 'crush', 'add', 'osd.0', '1.0', 'root=default', 'host=local')
}

async function startGateway(
  stack: AsyncDisposableStack,
  folder: string,
  configFile: string,
  port: number,
): Promise<void> {
  const identity = ['-c', configFile, '-n', 'client.gateway']
  const gateway = stack.use(await daemon('radosgw', [...identity, '-f', '--no-mon-config'], folder))
  const answers = async () => (await fetch(`http://127.0.0.1:${port}/`)).status < 500
  await waitUntil('the Ceph gateway', answers, gateway, 120_000)
  const keys = ['--access-key', credentials.accessKeyId, '--secret', credentials.secretAccessKey]
  await run('radosgw-admin', [...identity, 'user', 'create', '--uid=test', '--display-name=test', ...keys], folder)
}

function daemon(command: string, args: readonly string[], cwd: string): Promise<ServerProcess> {
  return startProcess(command, args, debianPackages, { cwd })
}

function run(command: string, args: readonly string[], cwd: string): Promise<string> {
  return runToEnd(command, args, debianPackages, { cwd })
}

function ask(configFile: string, cwd: string, ...args: string[]): Promise<string> {
  return run('ceph', ['-c', configFile, '--connect-timeout', '10', ...args], cwd)
}
