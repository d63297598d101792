import type { Command } from './command.ts'

/**
 * Every command by name, with its module, which is loaded only when it is needed: the start-up time of a command is that
 * of its own imports.
 */
export const commands: Readonly<Record<string, () => Promise<Command>>> = {
  init: async () => (await import('./init.ts')).init,
  backup: async () => (await import('./backup.ts')).backup,
  snapshots: async () => (await import('./snapshots.ts')).snapshots,
  forget: async () => (await import('./forget.ts')).forget,
  tag: async () => (await import('./tag.ts')).tag,
  unlock: async () => (await import('./unlock.ts')).unlock,
  completion: async () => (await import('./completion.ts')).completion,
  version: async () => (await import('./version.ts')).version,
}
