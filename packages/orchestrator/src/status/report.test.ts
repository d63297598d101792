import { describe, expect, test } from 'vitest'
import { proofOf } from '../planning/testing/facts-fixture.ts'
import { renderHtml } from './report-html.ts'
import type { ReportHistory } from './report-history.ts'
import { renderMarkdown } from './report-markdown.ts'
import { sparkBlocks, sparkSvg } from './sparkline.ts'
import { findingOf, hoursAgo, statusFor, statusNow } from './status-fixture.ts'

const points = (...values: number[]) =>
  values.map((value, index) => ({
    figure: 'rpo-ms',
    subject: 'source/shop',
    at: hoursAgo((values.length - index) * 6),
    value,
  }))
const history: ReportHistory = {
  since: hoursAgo(720),
  series: new Map([
    ['rpo-ms source/shop', points(3_600_000, 7_200_000, 1_800_000)],
    ['repository-bytes repository/offsite', points(1, 2, 3)],
  ]),
  proofs: new Map([['shop', [proofOf('shop', hoursAgo(30), { verdict: 'failed' }), proofOf('shop', hoursAgo(9))]]]),
}
const hostile = findingOf('wiki', '<script>alert(1)</script> | `code` [link](http://evil)', {
  detail: '"quoted" & <b>bold</b>\nsecond | line',
})

describe('a report as Markdown', () => {
  const text = renderMarkdown(statusFor(), history)

  test('holds sources, applications, repositories and findings', () => {
    expect(text).toContain('# Backup report, 2026-06-10 12:00 UTC')
    expect(text).toContain('3 sources: 2 keep their promises, 1 breaks them; 1 finding is open.')
    expect(text).toContain(
      '| shop | important | 2026-06-10 02:00 UTC | ✓ 10h 00m of 1d 0h | ✓ 1m 00s of 1h 00m | 9h 00m ago | 2 of 2 | 5 of 5 | – |',
    )
    expect(text).toContain('- **critical** wiki was last backed up 34 h ago (since 2026-06-10 07:00 UTC)')
    expect(text).toContain('  - ✗ 2 of 3 copies: the source itself, local')
  })

  test('shows the past as lines of blocks, with least and most', () => {
    expect(text).toContain('- RPO: ✓ 10h 00m of 1d 0h, `▃█▁` 30m 00s to 2h 00m')
    expect(text).toContain('2 since then, 1 of them failed')
  })

  test('takes what people wrote as text', () => {
    const escaped = renderMarkdown(statusFor({ openFindings: [hostile] }), history)
    expect(escaped).toContain(String.raw`\<script\>alert(1)\</script\> \| \`code\` \[link\](http://evil)`)
    expect(escaped).toContain(String.raw`  second \| line`)
  })
})

describe('a report as HTML', () => {
  const html = renderHtml(statusFor(), history)

  test('is one file that loads nothing', () => {
    expect(html).toMatch(/^<!doctype html>/)
    expect(html).toContain(`content="default-src 'none'; style-src 'unsafe-inline'"`)
    expect(html.match(/(?:src|href)=|url\(|@import|<script/g)).toBeNull()
  })

  test('marks verdicts by words and symbols as well as colour', () => {
    expect(html).toContain('<td class="broken">✗ 1d 10h of 1d 0h</td>')
    expect(html).toContain('<td class="kept">✓ 10h 00m of 1d 0h</td>')
    expect(html).toContain('<td class="broken">✗ failed 8h 00m ago</td>')
  })

  test('draws what has been, with the promise across it', () => {
    expect(html).toMatch(/<figure><svg role="img" aria-label="RPO of shop".*<line class="limit".*<polyline/)
    expect(html).toContain('aria-label="Size of offsite"')
    expect(html).not.toContain('RPO of wiki')
  })

  test('closes every element it opens', () => {
    const open: string[] = []
    for (const [, slash, name = '', selfClosed] of html.matchAll(/<(\/?)([a-z][a-z0-9]*)[^>]*?(\/?)>/gi)) {
      if (selfClosed === '/' || ['meta', 'br'].includes(name)) continue
      if (slash === '/') expect(open.pop()).toBe(name)
      else open.push(name)
    }
    expect(open).toEqual([])
  })

  test('takes what people wrote as text', () => {
    const escaped = renderHtml(statusFor({ openFindings: [hostile] }), history)
    expect(escaped).not.toContain('<script')
    expect(escaped).toContain('&lt;script&gt;alert(1)&lt;/script&gt;')
    expect(escaped).toContain('&quot;quoted&quot; &amp; &lt;b&gt;bold&lt;/b&gt;<br>second')
  })
})

describe('a sparkline', () => {
  test('of blocks shows the greatest of each stretch', () => {
    const many = Array.from({ length: 300 }, (_, index) => ({ at: hoursAgo(index), value: index === 155 ? 10 : 0 }))
    const line = sparkBlocks(many)
    expect(line).toHaveLength(30)
    expect(line.indexOf('█')).toBe(15)
    expect(sparkBlocks([])).toBe('')
    expect(sparkBlocks([{ at: statusNow, value: 3 }])).toBe('▁')
  })

  test('as SVG lies inside its frame', () => {
    const svg = sparkSvg(points(0, 50, 100), { label: 'x', from: hoursAgo(18), to: hoursAgo(6), limit: 200 })
    const numbers = [...svg.matchAll(/points="([^"]*)"/g)].flatMap(([, list = '']) => list.split(/[ ,]/).map(Number))
    expect(numbers).toHaveLength(6)
    expect(numbers).toEqual([2, 38, 120, 29, 238, 20])
  })
})
