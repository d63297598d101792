/**
 * Where the files of a backup lie in its snapshot. PostgreSQL's own paths are relative to the data directory, with
 * tablespaces below "pg_tblspc/<oid>"; in a snapshot tablespaces lie beside the data directory, without symbolic links.
 */

const tablespaceFolder = 'pg_tblspc/'

export function sourceFolder(source: string): string {
  return `postgresql/${source}`
}

/** `path`: "base/5/1259" or "pg_tblspc/16384/PG_15_202209061/5/16385"; "" is the data directory itself */
export function entryPath(source: string, path: string): string {
  if (path === '') return `${sourceFolder(source)}/data`
  if (/^pg_tblspc\/\d+(\/|$)/.test(path)) {
    return `${sourceFolder(source)}/tablespaces/${path.slice(tablespaceFolder.length)}`
  }
  return `${sourceFolder(source)}/data/${path}`
}

/** The reverse; undefined for what is neither data nor tablespace. */
export function serverPath(source: string, entry: string): string | undefined {
  const folder = `${sourceFolder(source)}/`
  if (!entry.startsWith(folder)) return undefined
  const rest = entry.slice(folder.length)
  if (rest.startsWith('data/')) return rest.slice('data/'.length)
  return rest.startsWith('tablespaces/') ? tablespaceFolder + rest.slice('tablespaces/'.length) : undefined
}
