import type { BinlogPosition } from '../binlog/binlog-position.ts'

/** What stands before the first database of a dump. */
export function readHead(text: string): { readonly settings: string; readonly position?: BinlogPosition } {
  const lines = text.split('\n')
  // what differs from one dump to the next is left out, so that equal databases are equal files
  const settings = lines.filter((line) => /^\/\*!\d+ SET |^SET /.test(line) && !/GTID_PURGED|SQL_LOG_BIN/.test(line))
  const place =
    /^-- CHANGE (?:MASTER|REPLICATION SOURCE) TO (?:MASTER|SOURCE)_LOG_FILE='([^']+)', (?:MASTER|SOURCE)_LOG_POS=(\d+);/m.exec(
      text,
    )
  const [, file, position] = place ?? []
  const found = file === undefined ? {} : { position: { file, position: Number(position) } }
  return { settings: `${settings.join('\n')}\n`, ...found }
}

/** What stands behind the last one. MySQL tells its GTIDs in the head. */
export function readTail(text: string, head: string): { readonly isComplete: boolean; readonly gtid?: string } {
  const isComplete = /^-- Dump completed\b/m.test(text)
  const mariadb = /^-- SET GLOBAL gtid_slave_pos='([^']*)';/m.exec(head + text)?.[1]
  // in a comment MySQL writes the sign that adds to what is there into the set itself
  const mysql = /SET @@GLOBAL\.GTID_PURGED=(?:\/\*!80000 '\+'\*\/ )?'\+?([^']*)'/.exec(head)?.[1]?.replaceAll(/\s/g, '')
  const gtid = mariadb ?? mysql
  return { isComplete, ...(gtid === undefined || gtid === '' ? {} : { gtid }) }
}
