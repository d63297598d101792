import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { quietContext } from '@holdfast/core/context'
import { type ConfigReport, readConfig } from '../load-config.ts'
import { renderProblem } from '../render-problems.ts'
import type { ConfigSurroundings } from '../surroundings.ts'

/** For tests: configuration files in a directory of their own. */
export interface ConfigFiles extends AsyncDisposable {
  readonly directory: string
  readonly surroundings: ConfigSurroundings
  /** Writes the files and reads the one called holdfast.yaml. */
  read(files: Readonly<Record<string, string>>): Promise<ConfigReport>
  /** one line for each problem, without the directory */
  lines(report: Pick<ConfigReport, 'problems'>): string[]
}

/** For tests. Now is 2026-11-21 12:00 UTC. */
export async function createConfigFiles(variables: Readonly<Record<string, string>> = {}): Promise<ConfigFiles> {
  const directory = await mkdtemp(join(tmpdir(), 'holdfast-config-'))
  const surroundings: ConfigSurroundings = {
    variables: (name) => variables[name],
    hostname: 'test-host',
    timeZone: 'UTC',
    stateDirectory: join(directory, 'state'),
  }
  const ctx = quietContext({ now: () => new Date('2026-11-21T12:00:00Z') })
  return {
    directory,
    surroundings,
    async read(files) {
      for (const [name, content] of Object.entries(files)) {
        await mkdir(dirname(join(directory, name)), { recursive: true })
        await writeFile(join(directory, name), content)
      }
      return await readConfig(join(directory, 'holdfast.yaml'), surroundings, ctx)
    },
    lines: ({ problems }) => problems.map((problem) => renderProblem(problem).trim().replaceAll(`${directory}/`, '')),
    [Symbol.asyncDispose]: () => rm(directory, { recursive: true, force: true }),
  }
}

/** Something that holds, to which a test adds what it is about. */
export const soundConfig = `repositories:
  near:
    location: repository
    password: { file: password }
`
