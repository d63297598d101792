/** One file of a table's, index's or sequence's data: it consists of pages, each with its checksum. */
export interface RelationFile {
  /** undefined for pg_default and pg_global */
  readonly tablespaceOid?: number
  /** 0 for what all databases share */
  readonly databaseOid: number
  /** the relation's number on disk, pg_relation_filenode() */
  readonly fileNode: number
  readonly fork: 'main' | 'fsm' | 'vm' | 'init'
  /** which of its files, 0 for the one without a suffix */
  readonly segment: number
}

const pattern =
  /^(?:global|base\/(\d{1,10})|pg_tblspc\/(\d{1,10})\/PG_\d+_\d+\/(\d{1,10}))\/(\d{1,10})(?:_(fsm|vm|init))?(?:\.(\d{1,6}))?$/

/**
 * What a path below the data directory means: "base/5/1259_fsm.1", "pg_tblspc/16384/PG_15_202209061/5/16385"; undefined
 * for files without pages (pg_control, PG_VERSION, pg_filenode.map …) and for temporary relations.
 * Source: PostgreSQL documentation, "Database File Layout"; src/common/relpath.c.
 */
export function parseRelationFile(path: string): RelationFile | undefined {
  const match = pattern.exec(path)
  if (match === null) return undefined
  const [, inBase, tablespace, inTablespace, fileNode, fork, segment] = match
  return {
    ...(tablespace === undefined ? {} : { tablespaceOid: Number(tablespace) }),
    databaseOid: Number(inBase ?? inTablespace ?? 0),
    fileNode: Number(fileNode),
    fork: fork === 'fsm' || fork === 'vm' || fork === 'init' ? fork : 'main',
    segment: Number(segment ?? 0),
  }
}
