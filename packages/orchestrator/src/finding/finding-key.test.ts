import { describe, expect, it } from 'vitest'
import { findingKey, subjectText } from './finding-key.ts'

describe('the key of a finding', () => {
  it('is kind, subject and what it is about', () => {
    expect(findingKey({ kind: 'overdue', subject: { source: 'shop' } })).toBe('overdue:source/shop')
    expect(findingKey({ kind: 'copy-missing', subject: { repository: 'offsite', source: 'shop' } })).toBe(
      'copy-missing:source/shop+repository/offsite',
    )
    expect(findingKey({ kind: 'anomaly', subject: { source: 'shop' }, about: 'rows' })).toBe('anomaly:source/shop:rows')
    expect(findingKey({ kind: 'clock-skew', subject: {}, about: 'catalogue' })).toBe('clock-skew:holdfast:catalogue')
  })

  it('is said in words to people', () => {
    expect(subjectText({ source: 'shop', repository: 'offsite' })).toBe('source shop in repository offsite')
    expect(subjectText({ repository: 'offsite' })).toBe('repository offsite')
    expect(subjectText({ application: 'web' })).toBe('application web')
    expect(subjectText({})).toBe('Holdfast itself')
  })
})
