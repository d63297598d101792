import type { FileId, FileType } from './backend.ts'

/** restic's folder of each type; `config` lies in the root. */
const folders = {
  data: 'data',
  index: 'index',
  key: 'keys',
  lock: 'locks',
  snapshot: 'snapshots',
  tip: 'tips',
} as const

export type FolderType = keyof typeof folders

/** Folders that every repository has from its beginning, as restic makes them; `tips` comes with the first tip. */
export const folderTypes: readonly FolderType[] = ['data', 'index', 'key', 'lock', 'snapshot']

export function folderOf(type: FolderType): string {
  return folders[type]
}

/** Names come from listings of a store that may be hostile: whatever is not 64 digits of lower-case hex is skipped. */
export function isFileName(name: string): boolean {
  return /^[0-9a-f]{64}$/.test(name)
}

/** Path below the root in restic's default layout, where packs are spread over 256 folders: `data/ab/abcd…`. */
export function shardedPath(file: FileId): string {
  if (file.type !== 'data') return flatPath(file)
  return `data/${checkedName(file).slice(0, 2)}/${file.name}`
}

/** Path as the REST protocol has it, and as people are shown it: `data/abcd…`. */
export function flatPath(file: FileId): string {
  return file.type === 'config' ? 'config' : `${folders[file.type]}/${checkedName(file)}`
}

/** What a listing of this type is called in messages. */
export function folderText(type: FileType): string {
  return type === 'config' ? 'config' : `${folders[type]}/`
}

function checkedName(file: FileId): string {
  // The last line of defence against a name that would leave the repository: callers validate what they parse.
  if (!isFileName(file.name)) throw new Error(`not a repository file name: ${JSON.stringify(file.name)}`)
  return file.name
}
