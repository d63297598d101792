import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { freePort } from '@holdfast/core/testing/free-ports'
import {
  type ControlFixture,
  createControlFixture,
  type RunningServer,
} from '../../apps/cli/src/run/testing/control-fixture.ts'

/** A server with sources of every standing, whose files and messages would like to be scripts. */
export interface PageSite extends AsyncDisposable {
  readonly fixture: ControlFixture
  /** "http://127.0.0.1:…", the same after a restart */
  readonly address: string
  /** to which the server may restore */
  readonly restoreTo: string
  /** path below the source → content */
  readonly files: ReadonlyMap<string, string>
  server(): RunningServer
  /** Starts it again, after `server().end(…)`. */
  serve(settings?: string): Promise<void>
  /** Lets the backups of the source "slow" end, or keeps them from it. */
  hold(isHeld: boolean): Promise<void>
}

/** Whoever takes this for markup is told of by a dialog. */
export const evil = (number: number): string => `<img src=x onerror=alert(${number})>`

const files = new Map([
  ['read me.txt', 'the first page\n'],
  [`${evil(1)}.txt`, 'a name that would like to be markup\n'],
  ['back\\slash', 'a name with a backslash\n'],
  ['letters/2026/über 日本.txt', `${'long '.repeat(20_000)}\n`],
  [`letters/"><script>alert(2)<`, 'another\n'],
])

export async function openPageSite(): Promise<PageSite> {
  const fixture = await createControlFixture()
  for (const [path, content] of files) {
    await mkdir(join(fixture.source, 'papers', path, '..'), { recursive: true })
    await writeFile(join(fixture.source, 'papers', path), content)
  }
  const go = join(fixture.directory, 'go')
  const restoreTo = join(fixture.directory, 'restored')
  await mkdir(restoreTo)
  await writeFile(go, '')
  const port = await freePort()
  let running: RunningServer | undefined
  const serve = async (settings = ''): Promise<void> => {
    await fixture.configure(configuration({ port, papers: join(fixture.source, 'papers'), go, restoreTo, settings }))
    running = await fixture.serve()
  }
  await serve()
  return {
    fixture,
    address: `http://127.0.0.1:${port}/`,
    restoreTo,
    files,
    serve,
    server: () => running!,
    hold: (isHeld) => (isHeld ? rm(go) : writeFile(go, '')),
    async [Symbol.asyncDispose]() {
      // its processes end with it, so that nothing is written any more where everything is removed
      await writeFile(go, '')
      await running?.end('SIGTERM')
      await fixture[Symbol.asyncDispose]()
    },
  }
}

interface SiteSettings {
  readonly port: number
  readonly papers: string
  readonly go: string
  readonly restoreTo: string
  readonly settings: string
}

const configuration = ({ port, papers, go, restoreTo, settings }: SiteSettings): string => `
sources:
  papers: { type: files, paths: ["${papers}"], tier: quiet, copyMethod: fan-out }
  slow:
    type: command
    command: [sh, -c, "while seq 100000; ! test -e ${go}; do sleep 0.2; done"]
    tier: quiet
    repositories: first
  broken:
    type: command
    command: [sh, -c, "echo '${evil(3)}' >&2; exit 1"]
    tier: quiet
    repositories: first
    retries: 0
server: { listen: "127.0.0.1:${port}", discovery: off, restoreTo: ["${restoreTo}"]${settings} }
tiers:
  quiet: { extends: important, rpo: 24h, prove: { newest: none, random: none } }
`
