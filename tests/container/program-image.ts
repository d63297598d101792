/** Images with programs of this machine, made without any registry: the programs and the libraries that they need. */
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import type { DockerEngine } from './docker-engine.ts'

export interface ProgramImage {
  readonly name: string
  readonly programs: readonly string[]
  /** what they load when they run; libraries, whose own are taken along, and other files and folders */
  readonly modules: readonly string[]
  readonly data: readonly string[]
  /** who a server is, inside */
  readonly user: { readonly name: string; readonly id: number }
  readonly path: string
  /** adds to the image's files */
  readonly prepare: (root: string) => Promise<void>
}

export async function importProgramImage(engine: DockerEngine, image: ProgramImage): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), 'holdfast-image-'))
  try {
    const programs = ['/bin/sh', '/bin/cp', ...image.programs]
    const libraries = await librariesOf([...programs, ...image.modules.filter((path) => path.endsWith('.so'))])
    for (const path of new Set([...programs, ...image.modules, ...libraries, ...image.data])) {
      await mkdir(dirname(join(root, path)), { recursive: true })
      await cp(path, join(root, path), { recursive: true, dereference: true })
    }
    const { name, id } = image.user
    await mkdir(join(root, 'etc'), { recursive: true })
    await writeFile(join(root, 'etc/passwd'), `${name}:x:${id}:${id}::/:/bin/sh\n`)
    await image.prepare(root)
    await importTree(engine, root, image)
    return image.name
  } finally {
    await rm(root, { recursive: true, force: true })
  }
}

async function librariesOf(programs: readonly string[]): Promise<string[]> {
  const { stdout } = await promisify(execFile)('ldd', [...programs], { maxBuffer: 1 << 24 })
  return [...new Set([...stdout.matchAll(/(\/\S+) \(0x/g)].map(([, path = '']) => path))]
}

async function importTree(engine: DockerEngine, root: string, { name, path }: ProgramImage): Promise<void> {
  const tar = spawn('tar', ['-C', root, '-c', '.'], { stdio: ['ignore', 'pipe', 'inherit'] })
  const words = ['import', '--change', `ENV PATH=${path}`, '-', name]
  const docker = spawn('docker', words, { env: engine.variables, stdio: ['pipe', 'ignore', 'inherit'] })
  tar.stdout.pipe(docker.stdin)
  const [code] = await once(docker, 'exit')
  if (code !== 0) throw new Error(`docker import ended with ${code}`)
}
