/**
 * Instructions of WebAssembly as the bytes that stand for them: operands first, then what is done with them. Source:
 * WebAssembly Core Specification 2.0, 5.4, "Instructions".
 */
export type Code = readonly number[]

export const get = (local: number): Code => [0x20, ...unsigned(local)]
export const set = (local: number, value: Code): Code => [...value, 0x21, ...unsigned(local)]
export const integer = (value: number): Code => [0x41, ...signed(value)]
export const add = (a: Code, b: Code): Code => [...a, ...b, 0x6a]
/** compared as unsigned */
export const isLess = (a: Code, b: Code): Code => [...a, ...b, 0x49]
export const xorIntegers = (a: Code, b: Code): Code => [...a, ...b, 0x73]

/** 16 bytes from memory */
export const load = (address: Code, offset: number): Code => [...address, 0xfd, 0x00, 0, ...unsigned(offset)]
export const store = (address: Code, offset: number, value: Code): Code => [
  ...address,
  ...value,
  0xfd,
  0x0b,
  0,
  ...unsigned(offset),
]
export const fillBytes = (value: number): Code => vector(0x0f, integer(value))
export const fillWords = (value: number): Code => vector(0x11, integer(value))
export const xor = (a: Code, b: Code): Code => vector(0x51, a, b)
export const and = (a: Code, b: Code): Code => vector(0x4e, a, b)
/** each byte of `indexes` replaced by the byte of `table` that it numbers */
export const lookUp = (table: Code, indexes: Code): Code => vector(0x0e, table, indexes)
/** of each 16 bits; zeros come in */
export const shiftHalves = (a: Code, bits: number): Code => vector(0x8d, a, integer(bits))
/** of each 32 bits; zeros come in */
export const shiftWords = (a: Code, bits: number): Code => vector(0xad, a, integer(bits))
/** the lower 32 bits of each product */
export const multiplyWords = (a: Code, b: Code): Code => vector(0xb5, a, b)
/** one of the four words as an integer */
export const word = (a: Code, lane: number): Code => [...vector(0x1b, a), lane]

/** Runs `body` as long as the condition holds, maybe never: a block around a loop, left or begun again by its conditions. */
export const whileTrue = (condition: Code, body: Code): Code => [
  ...[0x02, 0x40, ...condition, 0x45, 0x0d, 0],
  ...[0x03, 0x40, ...body, ...condition, 0x0d, 0, 0x0b],
  0x0b,
]

/** LEB128 */
export function unsigned(value: number): Code {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...unsigned(value >>> 7)]
}

function signed(value: number): Code {
  const rest = value >> 7
  const isLast = (rest === 0 && (value & 0x40) === 0) || (rest === -1 && (value & 0x40) !== 0)
  return isLast ? [value & 0x7f] : [(value & 0x7f) | 0x80, ...signed(rest)]
}

function vector(operation: number, ...operands: readonly Code[]): Code {
  return [...operands.flat(), 0xfd, ...unsigned(operation)]
}
