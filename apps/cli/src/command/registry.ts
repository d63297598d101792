import type { Command } from './command.ts'

/**
 * Every command by name, with its module, which is loaded only when it is needed: the start-up time of a command is that
 * of its own imports.
 */
export const commands: Readonly<Record<string, () => Promise<Command>>> = {
  init: async () => (await import('./init.ts')).init,
  backup: async () => (await import('./backup.ts')).backup,
  follow: async () => (await import('./follow.ts')).follow,
  snapshots: async () => (await import('./snapshots.ts')).snapshots,
  ls: async () => (await import('./ls.ts')).ls,
  find: async () => (await import('./find.ts')).find,
  diff: async () => (await import('./diff.ts')).diff,
  stats: async () => (await import('./stats.ts')).stats,
  restore: async () => (await import('./restore.ts')).restore,
  verify: async () => (await import('./verify.ts')).verify,
  migrate: async () => (await import('./migrate.ts')).migrate,
  coverage: async () => (await import('./coverage.ts')).coverage,
  dump: async () => (await import('./dump.ts')).dump,
  check: async () => (await import('./check.ts')).check,
  forget: async () => (await import('./forget.ts')).forget,
  tag: async () => (await import('./tag.ts')).tag,
  prune: async () => (await import('./prune.ts')).prune,
  copy: async () => (await import('./copy.ts')).copy,
  'key list': async () => (await import('./key-list.ts')).keyList,
  'key add': async () => (await import('./key-add.ts')).keyAdd,
  'key remove': async () => (await import('./key-remove.ts')).keyRemove,
  'key passwd': async () => (await import('./key-passwd.ts')).keyPasswd,
  'config check': async () => (await import('./config-check.ts')).configCheck,
  'config show': async () => (await import('./config-show.ts')).configShow,
  'config explain': async () => (await import('./config-explain.ts')).configExplain,
  unlock: async () => (await import('./unlock.ts')).unlock,
  'repair index': async () => (await import('./repair-index.ts')).repairIndex,
  'repair packs': async () => (await import('./repair-packs.ts')).repairPacks,
  'repair snapshots': async () => (await import('./repair-snapshots.ts')).repairSnapshots,
  'wal-push': async () => (await import('./wal-push.ts')).walPush,
  'wal-fetch': async () => (await import('./wal-fetch.ts')).walFetch,
  cat: async () => (await import('./cat.ts')).cat,
  completion: async () => (await import('./completion.ts')).completion,
  version: async () => (await import('./version.ts')).version,
}
