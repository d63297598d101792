import { randomBytes } from 'node:crypto'
import type { MasterKey } from './master-key.ts'

/** Fresh keys for a new repository. */
export function createMasterKey(): MasterKey {
  const macR = randomBytes(16)
  // stored clamped, as restic does, though every reader clamps on use
  for (const at of [3, 7, 11, 15]) macR[at] = (macR[at] ?? 0) & 15
  for (const at of [4, 8, 12]) macR[at] = (macR[at] ?? 0) & 252
  return { encrypt: randomBytes(32), macK: randomBytes(16), macR }
}
