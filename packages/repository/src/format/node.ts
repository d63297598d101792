/** restic's node types. `unknown` is a type of a later format that was read; it is never written. */
export type NodeType = 'file' | 'dir' | 'symlink' | 'dev' | 'chardev' | 'fifo' | 'socket' | 'irregular' | 'unknown'

export interface ExtendedAttribute {
  /** raw bytes: "user.comment" */
  readonly name: Buffer
  readonly value: Buffer
}

/** One entry of a directory in a snapshot. Absent numbers are 0 and absent texts empty, as they are for restic. */
export interface Node {
  /** raw bytes of the file name: not necessarily UTF-8 */
  readonly name: Buffer
  readonly type: NodeType
  /** Go's os.FileMode; see `statModeOf` and `goFileMode` */
  readonly mode: number
  /** nanoseconds since 1970 */
  readonly mtimeNs: bigint
  readonly atimeNs: bigint
  readonly ctimeNs: bigint
  readonly uid: number
  readonly gid: number
  readonly user: string
  readonly group: string
  readonly inode: bigint
  /** st_dev of the file system it was read from */
  readonly deviceId: bigint
  /** bytes; files only */
  readonly size: number
  /** hard links; not for directories */
  readonly links: number
  /** raw bytes; symlinks only */
  readonly linkTarget?: Buffer
  /** in the order of the file system's listing */
  readonly extendedAttributes: readonly ExtendedAttribute[]
  /** Windows' attributes, kept as they are */
  readonly genericAttributes?: Readonly<Record<string, unknown>>
  /** st_rdev; block and character devices only */
  readonly device: bigint
  /** ids of a file's data blobs; null for everything else. A file without a list is damaged, and `check` says so. */
  readonly content: readonly string[] | null
  /** id of a directory's tree blob; a directory without one is damaged, and `check` says so */
  readonly subtree?: string
  /** what went wrong when the node was read from the source */
  readonly error: string
}
