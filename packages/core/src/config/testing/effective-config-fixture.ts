import { pathText } from '../config-problem.ts'
import type { EffectiveConfig } from '../effective-config.ts'
import { resolveConfig } from '../resolve/resolve-config.ts'
import type { SettingMap } from '../setting.ts'

/**
 * For tests: what a file of this content resolves to, through the real schemas, on the machine "test-host" in UTC.
 * Throws when it is refused. A repository "local" is added when there is none, with its password in HOLDFAST_PASSWORD.
 */
export function effectiveConfigOf(written: SettingMap): EffectiveConfig {
  const repositories = { local: { location: '/srv/backup', password: { env: 'HOLDFAST_PASSWORD' } } }
  const { config, problems } = resolveConfig(
    { ...('repositories' in written ? {} : { repositories }), ...written },
    {
      hostname: 'test-host',
      timeZone: 'UTC',
      stateDirectory: '/var/lib/holdfast',
      originOf: () => ({}),
      rebase: (text) => text,
    },
  )
  if (config !== undefined && problems.every(({ severity }) => severity !== 'error')) return config
  throw new Error(problems.map(({ path, message }) => `${pathText(path)}: ${message}`).join('\n'))
}
