import { describe, expect, it } from 'vitest'
import { runOf, shopConfig, viewOf } from '../testing/view-fixture.ts'
import { detectDamagedSource } from './damaged-source.ts'
import { detectFailed } from './failed.ts'

const page = 'public.orders, block 12 (base/5/16384): the checksum is 1, expected 2'
const config = shopConfig({}, { type: 'postgresql', connection: { text: 'host=db1' } })
const partial = (...problems: string[]) => ({
  config,
  endedRuns: [runOf({ state: 'partial' as const, result: { problems } })],
  succeededRuns: [runOf()],
})

describe('a damaged source', () => {
  it('is critical, and its backup is not called incomplete', () => {
    expect(detectDamagedSource(viewOf(partial(page))).observations).toMatchObject([
      { kind: 'damaged-source', severity: 'critical', figures: { problems: 1 } },
    ])
    expect(detectFailed(viewOf(partial(page))).observations).toEqual([])
  })

  it('is told apart from what is missing in the backup', () => {
    const view = viewOf(partial(page, 'offsite: cannot be reached'))
    expect(detectDamagedSource(view).observations).toMatchObject([{ figures: { problems: 1 } }])
    expect(detectFailed(view).observations).toMatchObject([{ figures: { problems: 1 } }])
  })

  it('is not a directory of files with a file of that name', () => {
    const view = viewOf({ ...partial('cannot read checksum.txt'), config: shopConfig() })
    expect(detectDamagedSource(view).observations).toEqual([])
  })
})
