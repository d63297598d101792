import type { EffectiveConfig, Origin } from '@holdfast/core/config/effective-config'
import type { ConfigProblem, Place } from '@holdfast/core/config/config-problem'
import type { SettingMap } from '@holdfast/core/config/setting'

/** A problem with the place where it was written, if it was. */
export interface PlacedProblem extends ConfigProblem {
  readonly place?: Place
  /** the value as it stands in the file; never one that is a secret */
  readonly written?: string
}

/** A configuration that holds. */
export interface LoadedConfig {
  readonly config: EffectiveConfig
  /** everything effective in the words of the file, secrets as references: what `config show` prints */
  readonly settings: SettingMap
  readonly origins: ReadonlyMap<string, Origin>
  /**
   * Absolute paths of all files that were read, the main one first, and of directories that an include with * looks
   * into: a change of any is a reason to load again.
   */
  readonly files: readonly string[]
  /** of everything effective; the same digest means that nothing has to be done. Rotated secrets do not change it. */
  readonly digest: string
  readonly warnings: readonly PlacedProblem[]
}
