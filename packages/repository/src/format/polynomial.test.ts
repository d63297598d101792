import { expect, test } from 'vitest'
import { isChunkerPolynomial, isIrreducible, randomPolynomial } from './polynomial.ts'

test('irreducible polynomials of small degree are told apart by trial division', () => {
  const candidates = Array.from({ length: 510 }, (_, at) => BigInt(at + 2))
  expect(candidates.filter(isIrreducible)).toEqual(candidates.filter((candidate) => !hasDivisor(candidate)))
})

test('the polynomial that the documentation of restic shows is accepted', () => {
  expect(isChunkerPolynomial(0x3da3358b4dc173n)).toBe(true)
})

test('a reducible one or one of another degree is refused', () => {
  expect(isChunkerPolynomial(0x3da3358b4dc172n)).toBe(false)
  expect(isChunkerPolynomial(0b1011n)).toBe(false)
  expect(isChunkerPolynomial(0n)).toBe(false)
  expect(isChunkerPolynomial(multiply(0b1011n, (1n << 50n) | 0b1001n))).toBe(false)
})

test('random polynomials are irreducible, of degree 53 and different', () => {
  const made = Array.from({ length: 5 }, randomPolynomial)
  expect(new Set(made).size).toBe(5)
  for (const polynomial of made) expect(isChunkerPolynomial(polynomial)).toBe(true)
})

function hasDivisor(polynomial: bigint): boolean {
  for (let divisor = 2n; divisor * divisor <= polynomial * 4n && divisor < polynomial; divisor++) {
    for (let factor = 2n; factor <= polynomial; factor++) if (multiply(divisor, factor) === polynomial) return true
  }
  return false
}

function multiply(a: bigint, b: bigint): bigint {
  let product = 0n
  for (let bit = 0n; b >> bit !== 0n; bit++) if (((b >> bit) & 1n) === 1n) product ^= a << bit
  return product
}
