import { findingOf, statusFor } from '@holdfast/orchestrator/status/status-fixture'
import { isAppError } from '@holdfast/core/errors/app-error'
import { describe, expect, test } from 'vitest'
import { chooseSources } from './choose-sources.ts'
import { renderStatus } from './render-status.ts'

describe('the status on a terminal', () => {
  test('has one line for each source, and says what is wrong in words', () => {
    const lines = renderStatus(statusFor(), { colours: false }).split('\n')
    expect(lines.find((line) => line.startsWith('shop '))).toMatch(
      /✓ 10h 00m of 1d 0h +✓ 1m 00s of 1h 00m +9h 00m ago +2 of 2 +5 of 5 +–/,
    )
    expect(lines.find((line) => line.startsWith('wiki '))).toMatch(/✗ 1d 10h of 1d 0h .*✗ failed 8h 00m ago +1 of 2/)
    expect(lines.at(-1)).toBe('✗ wiki was last backed up 34 h ago')
  })

  test('is the same text under its colours', () => {
    const coloured = renderStatus(statusFor(), { colours: true })
    expect(coloured).toContain('\u001B[31m✗\u001B[0m')
    // oxlint-disable-next-line no-control-regex -- escape sequences are what it is about
    expect(coloured.replaceAll(/\u001B\[\d+m/g, '')).toBe(renderStatus(statusFor(), { colours: false }))
  })

  test('cannot be made to send control sequences by a message', () => {
    const openFindings = [findingOf('wiki', 'evil \u001B[2J message')]
    expect(renderStatus(statusFor({ openFindings }), { colours: false })).not.toContain('\u001B')
  })
})

describe('choosing sources', () => {
  test('leaves out the others, and applications that have none of them', () => {
    const chosen = chooseSources(statusFor(), ['scratch'], false)
    expect(chosen.sources.map(({ source }) => source.name)).toEqual(['scratch'])
    expect(chosen.applications).toEqual([])
    expect(chooseSources(statusFor(), [], true).sources.map(({ source }) => source.name)).toEqual(['wiki'])
  })

  test('refuses a name that is none, with the nearest', () => {
    const choose = () => chooseSources(statusFor(), ['shpo'], false)
    expect(choose).toThrow(/there is no source shpo/)
    try {
      choose()
    } catch (error) {
      expect(isAppError(error, 'SOURCE_UNKNOWN') && error.hint).toBe('Did you mean shop?')
    }
  })
})
