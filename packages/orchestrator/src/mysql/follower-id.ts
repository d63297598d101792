import { createHash } from 'node:crypto'

/**
 * The server id of the follower of a source, of which nobody said one: above those that people give to replicas, and the
 * same each time.
 */
export function followerId(source: string, host: string): number {
  const hash = createHash('sha256').update(`holdfast ${source} ${host}`).digest()
  return 0x8000_0000 + (hash.readUInt32BE(0) % 0x7fff_fff0)
}
