import { expect, it } from 'vitest'
import { withOwnNumbers } from './sequence-numbers.ts'

it('lets the server number transactions, wherever its pieces are cut', async () => {
  const line = '/*!100001 SET @@session.gtid_seq_no=9223372036854775806*//*!*/;\nSTART TRANSACTION\n'
  const other = 'SET @@session.gtid_seq_no=7 é\n'
  for (const size of [1, 5, 40, 1000]) {
    async function* pieces() {
      const all = Buffer.from(`${line}${other}${line}`)
      for (let at = 0; at < all.length; at += size) yield all.subarray(at, at + size)
    }
    const parts: Uint8Array[] = []
    for await (const bytes of withOwnNumbers(pieces())) parts.push(bytes)
    const zero = line.replace('=9223372036854775806', `=0${' '.repeat(18)}`)
    expect(Buffer.concat(parts).toString('utf8')).toBe(`${zero}${other}${zero}`)
  }
})
