/** An image with the machine's own PostgreSQL, made without any registry: its programs and the libraries that they need. */
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, symlinkSync } from 'node:fs'
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import type { DockerEngine } from './docker-engine.ts'

const postgres = '/usr/lib/postgresql/15'
const image = 'holdfast/postgres:15'
/** who the server is, inside */
export const imageUser = 1000

/** Imports the image and returns its name. Its pg_dump writes down that it ran, in /tmp/ran. */
export async function importPostgresImage(engine: DockerEngine): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), 'holdfast-image-'))
  try {
    const programs = ['/bin/sh', '/bin/cp', ...readdirSync(`${postgres}/bin`).map((name) => `${postgres}/bin/${name}`)]
    const modules = readdirSync(`${postgres}/lib`).map((name) => `${postgres}/lib/${name}`)
    const libraries = await librariesOf([...programs, ...modules.filter((path) => path.endsWith('.so'))])
    const data = ['/usr/share/postgresql/15', '/usr/share/zoneinfo']
    for (const path of [...new Set([...programs, ...modules, ...libraries, ...data])]) {
      await mkdir(dirname(join(root, path)), { recursive: true })
      await cp(path, join(root, path), { recursive: true, dereference: true })
    }
    await mkdir(join(root, 'etc'))
    await writeFile(join(root, 'etc/passwd'), `postgres:x:${imageUser}:${imageUser}::/:/bin/sh\n`)
    await mkdir(join(root, 'usr/bin'), { recursive: true })
    const recording = `#!/bin/sh\necho "$@" >> /tmp/ran\nexec ${postgres}/bin/pg_dump "$@"\n`
    await writeFile(join(root, 'usr/bin/pg_dump'), recording, { mode: 0o755 })
    symlinkSync(`${postgres}/bin/pg_dumpall`, join(root, 'usr/bin/pg_dumpall'))
    await importTree(engine, root)
    return image
  } finally {
    await rm(root, { recursive: true, force: true })
  }
}

async function librariesOf(programs: readonly string[]): Promise<string[]> {
  const { stdout } = await promisify(execFile)('ldd', [...programs], { maxBuffer: 1 << 24 })
  return [...new Set([...stdout.matchAll(/(\/\S+) \(0x/g)].map(([, path = '']) => path))]
}

async function importTree(engine: DockerEngine, root: string): Promise<void> {
  const tar = spawn('tar', ['-C', root, '-c', '.'], { stdio: ['ignore', 'pipe', 'inherit'] })
  const words = ['import', '--change', `ENV PATH=/usr/bin:/bin:${postgres}/bin`, '-', image]
  const docker = spawn('docker', words, { env: engine.variables, stdio: ['pipe', 'ignore', 'inherit'] })
  tar.stdout.pipe(docker.stdin)
  const [code] = await once(docker, 'exit')
  if (code !== 0) throw new Error(`docker import ended with ${code}`)
}
