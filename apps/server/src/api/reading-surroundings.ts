import type { ApiSurroundings } from './api-surroundings.ts'

/** What answers about snapshots and restores are made of. */
export type ReadingSurroundings = Pick<
  ApiSurroundings,
  'catalogue' | 'config' | 'queue' | 'reader' | 'status' | 'feed' | 'log'
>
