import { closeSync } from 'node:fs'
import { linksText, nodeHead, nodeTimes, attributesText } from './node-text.ts'
import type { DirectoryReaderOptions } from './directory-reader.ts'
import { isItemError } from './directory-reader.ts'
import { openSource, statOpened } from './file-reader.ts'
import { pathText, systemPath } from './raw-path.ts'
import type { LargeFileFound, OpenedFile } from './save-jobs.ts'

/**
 * Opens a large file once for all the workers that will read it (descriptors belong to the process, not the thread), so
 * that every chunk comes from the same file even when another takes its name meanwhile. The main thread closes it.
 */
export function openLargeFile(o: DirectoryReaderOptions, file: LargeFileFound): OpenedFile | undefined {
  let descriptor: number | undefined
  try {
    descriptor = openSource(file.path)
    const stats = statOpened(descriptor)
    const attributes = attributesText(o.readAttributes(systemPath(file.path)))
    return {
      descriptor,
      sizeBytes: Number(stats.size),
      beforeSize: nodeHead(file.name, 'file', stats, nodeTimes(stats), o.owners, o.withAtime),
      afterSize: `${linksText(stats.nlink)}${attributes}`,
    }
  } catch (error) {
    if (descriptor !== undefined) closeSync(descriptor)
    if (!isItemError(error)) throw error
    o.tally.failed(pathText(file.path), error)
    return undefined
  }
}
