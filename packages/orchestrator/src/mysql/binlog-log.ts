import { type SliceFacts, parseSliceFacts, sliceFolder, sliceName } from '@holdfast/connectors/mysql/binlog/slice-facts'
import type { BinlogSlice } from '@holdfast/connectors/mysql/binlog/binlog-sink'
import type { LogFile, LogFileInfo } from '@holdfast/repository/log/log-file'
import type { LogPlace } from '@holdfast/repository/log/log-place'

/** Where the binary log of a source lies in a repository. */
export function binlogPlace(source: string): LogPlace {
  return { source, type: 'mysql', kind: 'binlog' }
}

export function binlogFile({ bytes, facts }: BinlogSlice): LogFile {
  return { folder: sliceFolder(facts), name: sliceName(facts), bytes, facts: { ...facts } }
}

/**
 * undefined for files that are no slices. Of a growing one the facts tell what was in it when they were written, which is
 * never more than is there.
 */
export function sliceFactsOf({ facts }: Pick<LogFileInfo, 'facts'>): SliceFacts | undefined {
  return parseSliceFacts(facts)
}
