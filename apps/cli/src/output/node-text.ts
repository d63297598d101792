import { formatSize } from '@holdfast/core/units/size'
import type { Node } from '@holdfast/repository/format/node'
import { formatTimestamp } from '@holdfast/repository/format/timestamp'
import { formatLocalTime } from './local-time.ts'
import { printable } from './printable.ts'

/** One letter for each high bit of Go's os.FileMode, from the highest down. */
const modeLetters = 'dalTLDpSugct?'

/** "drwxr-xr-x" as Go prints a mode, and so restic. */
function formatMode(mode: number): string {
  const kinds = [...modeLetters].filter((_letter, bit) => (mode & (1 << (31 - bit))) !== 0).join('')
  const rights = [...'rwxrwxrwx'].map((letter, bit) => ((mode & (1 << (8 - bit))) === 0 ? '-' : letter)).join('')
  return `${kinds === '' ? '-' : kinds}${rights}`
}

/** A path as it can be printed: escaped on a terminal, else as it is. */
export function formatPath(path: Buffer, terminal: boolean): string {
  return terminal ? printable(path.toString()) : path.toString()
}

/** A line of `ls --long`. */
export function formatNodeLine(
  node: Node,
  path: string,
  choice: { humanReadable: boolean; terminal: boolean },
): string {
  const size = choice.humanReadable ? formatSize(node.size).padStart(11) : String(node.size).padStart(10)
  const owners = `${String(node.uid).padStart(5)} ${String(node.gid).padStart(5)}`
  const target = node.linkTarget === undefined ? '' : ` -> ${formatPath(node.linkTarget, choice.terminal)}`
  const time = formatLocalTime(new Date(Number(node.mtimeNs / 1_000_000n)))
  return `${formatMode(node.mode)} ${owners} ${size} ${time} ${path}${target}`
}

/** A node as restic's `ls --json` and `find --json` show it. */
export function nodeJson(node: Node, path: Buffer): Readonly<Record<string, unknown>> {
  return {
    name: node.name.toString(),
    type: node.type,
    path: path.toString(),
    uid: node.uid,
    gid: node.gid,
    user: node.user === '' ? undefined : node.user,
    group: node.group === '' ? undefined : node.group,
    size: node.type === 'file' ? node.size : undefined,
    mode: node.mode,
    permissions: formatMode(node.mode),
    mtime: formatTimestamp(node.mtimeNs),
    atime: formatTimestamp(node.atimeNs),
    ctime: formatTimestamp(node.ctimeNs),
    // as text: an inode can be larger than a number holds
    inode: node.inode <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(node.inode) : String(node.inode),
    links: node.links === 0 ? undefined : node.links,
    linktarget: node.linkTarget?.toString(),
  }
}
