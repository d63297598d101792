/** Where something was written; line and column from 1. */
export interface Place {
  readonly file: string
  readonly line: number
  readonly column: number
}

/** Keys and positions from the top of the file: ["sources", "shop", "tier"]. */
export type SettingPath = readonly (string | number)[]

/** One thing that is wrong with a configuration, found without knowing files and lines. */
export interface ConfigProblem {
  readonly path: SettingPath
  /** what the place of the problem is: that of the key itself, or of its value */
  readonly at: 'key' | 'value'
  /** lower case, without full stop: "there is no tier critcal" */
  readonly message: string
  /** what was probably meant, as it would be written */
  readonly suggestion?: string
  /** an error refuses the configuration, a warning does not */
  readonly severity: 'error' | 'warning'
}

/** "sources.shop.databases.0" */
export function pathText(path: SettingPath): string {
  return path.join('.')
}
