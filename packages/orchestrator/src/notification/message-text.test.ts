import { describe, expect, it } from 'vitest'
import { findingOf, hourMs, noon } from '../finding/testing/view-fixture.ts'
import { createMessage, createTestMessage, type Notice } from './message.ts'
import { headline, plainText, truncate } from './message-text.ts'

const context = { host: 'web-1', now: noon }
const warning: Notice = { event: 'opened', finding: findingOf() }
const critical: Notice = {
  event: 'opened',
  finding: findingOf({ kind: 'log-gap', severity: 'critical', title: 'the log of shop has a gap', detail: 'Act.' }),
}
const ended: Notice = {
  event: 'resolved',
  finding: findingOf({ kind: 'failed', resolvedAt: new Date(noon.getTime() + hourMs), title: 'backup failed' }),
}

describe('the text of a message', () => {
  it('says what, where, since when and what to do', () => {
    expect(plainText(createMessage([warning], context))).toBe(
      [
        'WARNING: shop was last backed up 34h 00m ago',
        'source shop, since 2026-11-21 11:00 UTC',
        'Make one.',
        'Seen to? holdfast findings acknowledge overdue:source/shop',
        '',
        '— Holdfast on web-1',
      ].join('\n'),
    )
  })

  it('begins with the most urgent, and counts the others', () => {
    const message = createMessage([ended, warning, critical], context)
    expect(message.notices).toEqual([critical, warning, ended])
    expect(headline(message)).toBe('3 findings (1 critical, 1 warning, 1 resolved): the log of shop has a gap, …')
  })

  it('says that something is over, and how long it lasted', () => {
    expect(plainText(createMessage([ended], context))).toContain(
      'RESOLVED: backup failed\nsource shop, over after 2h 00m. Nothing is left to do.',
    )
  })

  it('says that something is still there, or worse', () => {
    expect(headline(createMessage([{ ...warning, event: 'repeated' }], context))).toMatch(/^STILL WARNING: /)
    expect(headline(createMessage([{ ...critical, event: 'worsened' }], context))).toMatch(/^NOW CRITICAL: /)
  })

  it('counts what does not fit', () => {
    const many = Array.from({ length: 50 }, (_, at) => ({
      event: 'opened' as const,
      finding: findingOf({ subject: { source: `source-${at}` } }),
    }))
    const text = plainText(createMessage(many, context), 1000)
    expect(text.length).toBeLessThanOrEqual(1000)
    expect(text).toMatch(/… and \d+ more; `holdfast findings` lists all\n\n— Holdfast on web-1$/)
  })

  it('never cuts a character in two', () => {
    expect(truncate('ab😀cd', 4)).toBe('ab…')
    expect(truncate('abc', 3)).toBe('abc')
  })

  it('says of a test that there is nothing to do', () => {
    expect(plainText(createTestMessage('chat', context))).toContain('TEST: this is a test of channel chat')
  })
})

describe('the id of a message', () => {
  it('is the same when the same is sent later, and another for another event', () => {
    const later = { ...context, now: new Date(noon.getTime() + hourMs) }
    expect(createMessage([warning, critical], later).id).toBe(createMessage([critical, warning], context).id)
    expect(createMessage([{ ...warning, event: 'repeated' }], context).id).not.toBe(
      createMessage([warning], context).id,
    )
  })
})
