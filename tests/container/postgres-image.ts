/** An image with the machine's own PostgreSQL. */
import { readdirSync, symlinkSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { DockerEngine } from './docker-engine.ts'
import { importProgramImage } from './program-image.ts'

const postgres = '/usr/lib/postgresql/15'
/** who the server is, inside */
export const imageUser = 1000

/** Imports the image and returns its name. Its pg_dump writes down that it ran, in /tmp/ran. */
export async function importPostgresImage(engine: DockerEngine): Promise<string> {
  return await importProgramImage(engine, {
    name: 'holdfast/postgres:15',
    programs: readdirSync(`${postgres}/bin`).map((name) => `${postgres}/bin/${name}`),
    modules: readdirSync(`${postgres}/lib`).map((name) => `${postgres}/lib/${name}`),
    data: ['/usr/share/postgresql/15', '/usr/share/zoneinfo'],
    user: { name: 'postgres', id: imageUser },
    path: `/usr/bin:/bin:${postgres}/bin`,
    async prepare(root) {
      await mkdir(join(root, 'usr/bin'), { recursive: true })
      const recording = `#!/bin/sh\necho "$@" >> /tmp/ran\nexec ${postgres}/bin/pg_dump "$@"\n`
      await writeFile(join(root, 'usr/bin/pg_dump'), recording, { mode: 0o755 })
      symlinkSync(`${postgres}/bin/pg_dumpall`, join(root, 'usr/bin/pg_dumpall'))
    },
  })
}
