import { expect, it } from 'vitest'
import { matchCollation } from './match-collation.ts'

const mysql = new Set(['utf8mb4_0900_ai_ci', 'utf8mb4_0900_as_ci', 'utf8mb4_0900_as_cs', 'utf8mb4_bin', 'utf8mb3_bin'])
const newMariadb = new Set(['utf8mb4_uca1400_nopad_ai_ci', 'utf8mb4_uca1400_nopad_as_cs', 'utf8mb4_bin'])
const oldMariadb = new Set(['utf8mb4_unicode_520_ci', 'utf8mb4_nopad_bin', 'utf8mb4_bin'])

it('finds what tells the same apart, and else what tells more apart, so that no unique key breaks', () => {
  expect(matchCollation('utf8mb4_0900_ai_ci', newMariadb)).toBe('utf8mb4_uca1400_nopad_ai_ci')
  expect(matchCollation('utf8mb4_0900_ai_ci', oldMariadb)).toBe('utf8mb4_unicode_520_ci')
  expect(matchCollation('utf8mb4_de_pb_0900_as_cs', newMariadb)).toBe('utf8mb4_uca1400_nopad_as_cs')
  expect(matchCollation('utf8mb4_0900_as_cs', oldMariadb)).toBe('utf8mb4_bin')
  expect(matchCollation('utf8mb4_0900_bin', oldMariadb)).toBe('utf8mb4_nopad_bin')
  expect(matchCollation('utf8mb4_uca1400_ai_ci', mysql)).toBe('utf8mb4_0900_ai_ci')
  expect(matchCollation('utf8mb4_uca1400_spanish2_nopad_as_ci', mysql)).toBe('utf8mb4_0900_as_ci')
  expect(matchCollation('utf8mb4_uca1400_ai_cs', mysql)).toBe('utf8mb4_0900_as_cs')
  expect(matchCollation('utf8mb3_uca1400_as_cs', mysql)).toBe('utf8mb3_bin')
  expect(matchCollation('utf8mb4_nopad_bin', mysql)).toBe('utf8mb4_bin')
})

it('does not guess', () => {
  expect(matchCollation('latin1_strange_ci', mysql)).toBeUndefined()
  expect(matchCollation('utf8mb4_0900_ai_ci', new Set())).toBeUndefined()
})
