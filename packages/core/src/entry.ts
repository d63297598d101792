/**
 * What a connector turns a source into, and a repository into a snapshot: entries in the order in which the source
 * gives them. Directories need not come before what lies in them; those that never come are made with mode 0755.
 */
export type Entry = DirectoryEntry | FileEntry | SymlinkEntry | Settle

interface EntryMetadata {
  /** slash-separated, relative to the snapshot's root, without "." or ".." components: "postgresql/shop/data/PG_VERSION" */
  readonly path: string
  /** permission bits, as in 0o600 */
  readonly mode: number
  readonly modifiedAt: Date
  readonly uid?: number
  readonly gid?: number
}

export interface DirectoryEntry extends EntryMetadata {
  readonly kind: 'directory'
}

export interface SymlinkEntry extends EntryMetadata {
  readonly kind: 'symlink'
  readonly linkTarget: string
}

export interface FileEntry extends EntryMetadata {
  readonly kind: 'file'
  readonly content: EntryContent
  /**
   * Nothing is ever inserted into this file: what lies in it stays where it is, as a database's pages do. Then it is cut
   * at fixed distances, which costs less than to search for cuts that move with the content. Default false.
   */
  readonly isPaged?: boolean
}

/**
 * The next entry is asked for only when the content of every entry before it has been read to its end. So what a
 * source must do after it was read, such as ending its backup mode, is what a generator does after it yielded this.
 */
export interface Settle {
  readonly kind: 'settle'
}

export type EntryContent =
  | { readonly type: 'bytes'; readonly bytes: Uint8Array }
  /**
   * Read to its end before the next entry is asked for. A chunk may be used until the next one is asked for: its memory may be
   * freed or filled again then. Fails by throwing: then there is no snapshot.
   */
  | { readonly type: 'stream'; readonly chunks: AsyncIterable<Uint8Array> }
  /**
   * Put together in this order they are the file. All are read side by side, each as it comes, while further entries are
   * asked for; each is cut for itself, and its chunks are lent as those of a stream. Whoever reads one after the other gets them as well.
   */
  | { readonly type: 'parts'; readonly parts: readonly AsyncIterable<Uint8Array>[] }
  /**
   * A file on this machine, which worker threads read themselves. Unchanged since the parent snapshot (size, times,
   * inode) it is not read. When it has vanished meanwhile, the entry is left out: a database may drop a table.
   */
  | { readonly type: 'local'; readonly path: string }

/**
 * Looks at the content of local files while worker threads have it in memory. `module` is the URL of a module that
 * exports `createInspector(options): Inspector`; `options` is plain data.
 */
export interface InspectorReference {
  readonly module: string
  readonly options: unknown
}

export interface Inspector {
  /**
   * Returns what a person should know about this part of a file, one sentence each; nothing when all is well. `bytes` is
   * valid during the call only and lies at `offset` in the file. Parts follow the chunker's cuts, in any order and in
   * any thread; the file is open as `descriptor`, so that the rest of a record that is cut in two can be read.
   */
  inspect(bytes: Uint8Array, offset: number, file: InspectedFile): readonly string[]
}

export interface InspectedFile {
  /** the entry's path in the snapshot */
  readonly path: string
  readonly descriptor: number
}
