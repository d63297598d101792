import { execFileSync } from 'node:child_process'
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Where `promtool` is put: what tests of the alert rules start. */
const promtoolPath = join(import.meta.dirname, '../node_modules/.cache/promtool/promtool')

/**
 * Takes promtool out of Debian's package of Prometheus, which is not installed: it would start a server that nobody asked
 * for. Throws where it cannot be had: without it nobody would notice rules that never fire.
 */
export function preparePromtool(): void {
  if (existsSync(promtoolPath)) return
  process.stdout.write("Fetching promtool from Debian's prometheus\n")
  const directory = mkdtempSync(join(tmpdir(), 'promtool-'))
  try {
    downloadPackage(directory)
    const [archive = ''] = readdirSync(directory).filter((name) => name.endsWith('.deb'))
    run('dpkg-deb', ['-x', archive, 'content'], directory)
    mkdirSync(join(promtoolPath, '..'), { recursive: true })
    // Last and at once, so that an interrupted preparation is begun anew.
    copyFileSync(join(directory, 'content/usr/bin/promtool'), `${promtoolPath}.new`)
    renameSync(`${promtoolPath}.new`, promtoolPath)
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new Error(`promtool cannot be had (${reason}); put the one of Prometheus 2 at ${promtoolPath}`, {
      cause: error,
    })
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

/** A machine that never asked what packages there are does not know any. */
function downloadPackage(directory: string): void {
  try {
    run('apt-get', ['download', 'prometheus'], directory)
  } catch {
    run('apt-get', ['update', '-qq'], directory)
    run('apt-get', ['download', 'prometheus'], directory)
  }
}

function run(command: string, words: readonly string[], cwd: string): void {
  execFileSync(command, words, { cwd, stdio: 'ignore', timeout: 300_000 })
}
