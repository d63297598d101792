import { randomBytes } from 'node:crypto'

const polynomialDegree = 53

/** Whether this is a polynomial that restic cuts chunks with: of degree 53 over GF(2), and irreducible. */
export function isChunkerPolynomial(polynomial: bigint): boolean {
  return degreeOf(polynomial) === polynomialDegree && isIrreducible(polynomial)
}

/** A random irreducible polynomial of degree 53. About one candidate in 27 is one. */
export function randomPolynomial(): bigint {
  for (;;) {
    const candidate = (randomBytes(8).readBigUInt64LE() & ((1n << 54n) - 1n)) | (1n << 53n) | 1n
    if (isIrreducible(candidate)) return candidate
  }
}

/** Ben-Or's test: f of degree n is irreducible iff gcd(f, x^(2^i) − x) = 1 for every i from 1 to n/2. */
export function isIrreducible(polynomial: bigint): boolean {
  const degree = degreeOf(polynomial)
  if (degree < 1) return false
  let power = 2n
  for (let i = 1; i <= degree >> 1; i++) {
    power = remainder(square(power), polynomial)
    if (greatestCommonDivisor(polynomial, power ^ 2n) !== 1n) return false
  }
  return true
}

function degreeOf(polynomial: bigint): number {
  return polynomial.toString(2).length - 1
}

/** Over GF(2) squaring spreads the coefficients: bit i moves to bit 2i. */
function square(polynomial: bigint): bigint {
  return BigInt(`0b${polynomial.toString(2).split('').join('0')}`)
}

function remainder(dividend: bigint, divisor: bigint): bigint {
  const degree = degreeOf(divisor)
  let rest = dividend
  for (let shift = degreeOf(rest) - degree; shift >= 0 && rest !== 0n; shift = degreeOf(rest) - degree) {
    rest ^= divisor << BigInt(shift)
  }
  return rest
}

function greatestCommonDivisor(a: bigint, b: bigint): bigint {
  let [left, right] = [a, b]
  while (right !== 0n) [left, right] = [right, remainder(left, right)]
  return left
}
