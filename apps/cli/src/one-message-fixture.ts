import { expect } from 'vitest'
import type { CliRun } from './cli-fixture.ts'

/** One message, one hint, no stack, and the exit code. */
export function expectOneMessage({ exitCode, stderr }: CliRun, code: number, message: string): void {
  const lines = stderr.trim().split('\n')
  expect(lines.filter((line) => line.startsWith('holdfast: '))).toHaveLength(1)
  expect(lines.at(-2)).toContain(message)
  expect(lines.at(-1)).toMatch(/^hint: /)
  expect(stderr).not.toContain('    at ')
  expect(exitCode).toBe(code)
}
