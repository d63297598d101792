/** One tree that goes into one directory. */
export interface FilesPart {
  readonly tree: string
  /** absolute */
  readonly target: string
  /** only these of the tree, as patterns that each match one path; everything when absent */
  readonly include?: readonly string[]
  /** what is there and may be written over; absent: nothing is */
  readonly replaced?: string
}

/** Everything that is different is written, nothing removed. */
export const plainRestore = {
  overwrite: 'always',
  delete: false,
  verify: false,
  dryRun: false,
  sparse: true,
  verbose: false,
} as const
