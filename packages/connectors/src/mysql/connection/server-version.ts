export interface ServerVersion {
  readonly family: 'mariadb' | 'mysql'
  /** "10.11.19" */
  readonly text: string
  /** 10.11.19 → 101119, 8.0.36 → 80036: two digits for minor and patch */
  readonly number: number
}

/** Reads what `SELECT VERSION()` says: "10.11.19-MariaDB-0+deb12u1-log", "8.0.36", "5.5.5-10.6.1-MariaDB". */
export function parseServerVersion(text: string): ServerVersion | undefined {
  const family = /mariadb/i.test(text) ? 'mariadb' : 'mysql'
  const plain = family === 'mariadb' ? text.replace(/^5\.5\.5-/, '') : text
  const [, major, minor, patch] = /^(\d+)\.(\d+)(?:\.(\d+))?/.exec(plain) ?? []
  if (major === undefined || minor === undefined) return undefined
  const version = [major, minor, patch ?? '0']
  return {
    family,
    text: version.join('.'),
    number: Number(major) * 10_000 + Number(minor) * 100 + Number(patch ?? 0),
  }
}

export function isSupported({ family, number }: ServerVersion): boolean {
  return family === 'mariadb' ? number >= 100_600 : number >= 80_000
}

/** "MariaDB 10.11.19" */
export function describeVersion({ family, text }: Pick<ServerVersion, 'family' | 'text'>): string {
  return `${family === 'mariadb' ? 'MariaDB' : 'MySQL'} ${text}`
}
