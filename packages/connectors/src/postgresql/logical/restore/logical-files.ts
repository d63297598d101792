import type { Context } from '@holdfast/core/context'
import type { LogicalManifest } from '../logical-manifest.ts'

/** The files of a logical backup, wherever they are. */
export interface LogicalFiles {
  readonly manifest: LogicalManifest
  globals(ctx: Context): Promise<Uint8Array>
  dump(database: string, ctx: Context): AsyncIterable<Uint8Array>
}
