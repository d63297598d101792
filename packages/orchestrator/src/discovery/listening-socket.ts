import { readdir, readFile, readlink } from 'node:fs/promises'
import { join } from 'node:path'

/** A TCP port that a process of this machine waits on. */
export interface ListeningSocket {
  /** "127.0.0.1", "::", … */
  readonly address: string
  readonly port: number
  /** as the kernel names it; undefined when we may not know */
  readonly program?: string
}

interface SocketLine {
  readonly address: string
  readonly port: number
  readonly inode: string
}

/**
 * Everything that listens on this machine, from the kernel's tables (proc_net(5)); names of programs only as far as we may
 * look into other processes. `procDirectory` is /proc.
 */
export async function listListeningSockets(procDirectory: string): Promise<ListeningSocket[]> {
  const tables = await Promise.all(
    ['tcp', 'tcp6'].map(async (name) => await readFile(join(procDirectory, 'net', name), 'utf8').catch(() => '')),
  )
  const lines = tables.flatMap(parseSocketTable)
  const programs = await programsOf(new Set(lines.map(({ inode }) => inode)), procDirectory)
  const known = new Set<string>()
  return lines.flatMap(({ address, port, inode }) => {
    const key = `${address} ${port}`
    if (known.has(key)) return []
    known.add(key)
    const program = programs.get(inode)
    return [{ address, port, ...(program === undefined ? {} : { program }) }]
  })
}

/** Lines of /proc/net/tcp or tcp6 in state LISTEN (0A). */
export function parseSocketTable(table: string): SocketLine[] {
  return table
    .split('\n')
    .slice(1)
    .flatMap((line) => {
      const fields = line.trim().split(/\s+/)
      const [hex = '', port = ''] = (fields[1] ?? '').split(':')
      if (fields[3] !== '0A' || port === '') return []
      return [{ address: readAddress(hex), port: Number.parseInt(port, 16), inode: fields[9] ?? '' }]
    })
}

/** The kernel prints each 32-bit word in the byte order of the machine, which is little-endian where Node runs. */
function readAddress(hex: string): string {
  const words = hex.match(/.{8}/g) ?? []
  const bytes = words.flatMap((word) => (word.match(/../g) ?? []).reverse().map((pair) => Number.parseInt(pair, 16)))
  if (bytes.length === 4) return bytes.join('.')
  if (bytes.every((byte) => byte === 0)) return '::'
  if (bytes.slice(0, 15).every((byte) => byte === 0) && bytes[15] === 1) return '::1'
  // an IPv4 address within IPv6
  if (bytes.slice(0, 10).every((byte) => byte === 0) && bytes[10] === 255) return bytes.slice(12).join('.')
  const groups = Array.from({ length: 8 }, (_, at) =>
    ((bytes[at * 2] ?? 0) * 256 + (bytes[at * 2 + 1] ?? 0)).toString(16),
  )
  return groups.join(':')
}

/** inode of a socket → name of the process that has it open */
async function programsOf(inodes: ReadonlySet<string>, procDirectory: string): Promise<Map<string, string>> {
  const programs = new Map<string, string>()
  const processes = (await readdir(procDirectory).catch(() => [])).filter((name) => /^\d+$/.test(name))
  for (const pid of processes) {
    const directory = join(procDirectory, pid)
    // processes end, and those of others may not be looked into
    const descriptors = await readdir(join(directory, 'fd')).catch(() => [])
    for (const descriptor of descriptors) {
      const target = await readlink(join(directory, 'fd', descriptor)).catch(() => '')
      const inode = /^socket:\[(\d+)\]$/.exec(target)?.[1]
      if (inode === undefined || !inodes.has(inode) || programs.has(inode)) continue
      const name = await readFile(join(directory, 'comm'), 'utf8').catch(() => '')
      if (name !== '') programs.set(inode, name.trim())
    }
  }
  return programs
}
