import type { SettingMap } from './setting.ts'

/** What holds for every source unless its tier or itself says otherwise; written as the file would write it. */
export const defaultPromise: SettingMap = {
  rpo: 'none',
  rto: 'none',
  backup: { cron: '0 2 * * *', jitter: '5m' },
  log: 'off',
  repositories: 'all',
  copyMethod: 'copy',
  prove: { newest: 'none', random: 'none' },
  blackouts: [],
  timeout: '24h',
  retries: 3,
  anomaly: { smallerBy: '50%', largerBy: '100%', churn: '60%', slowerBy: '200%', rowsDropBy: '30%' },
}

/** For a tier that says nothing of retention. */
export const defaultKeep: SettingMap = { daily: 7, weekly: 4, monthly: 12 }

/** The tiers that are there without being written; each field can be said differently by a tier of the same name. */
export const defaultTiers: Readonly<Record<string, SettingMap>> = {
  critical: {
    rpo: '15m',
    rto: '1h',
    backup: { cron: '0 */6 * * *' },
    log: 'continuous',
    repositories: 'all',
    keep: { hourly: 24, daily: 7, weekly: 4, monthly: 12 },
    prove: { newest: { cron: '30 3 * * *', jitter: '5m' }, random: { cron: '30 5 * * sun', jitter: '5m' } },
  },
  important: {
    rpo: '24h',
    rto: '4h',
    backup: { cron: '0 2 * * *' },
    log: 'off',
    repositories: 'all',
    keep: defaultKeep,
    prove: { newest: { cron: '30 3 * * sat', jitter: '5m' } },
  },
  temporary: {
    backup: { cron: '0 2 * * sun' },
    log: 'off',
    repositories: 'first',
    keep: { daily: 7 },
  },
}
