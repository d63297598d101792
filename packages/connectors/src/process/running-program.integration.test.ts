import { createHash } from 'node:crypto'
import { setTimeout } from 'node:timers/promises'
import { quietContext } from '@holdfast/core/context'
import { expect, it } from 'vitest'
import type { ProgramCommand } from './program-place.ts'
import { startProgram } from './running-program.ts'

const shell = (script: string): ProgramCommand => {
  return { file: '/bin/sh', arguments: ['-c', script], variables: { PATH: '/usr/bin:/bin' } }
}

it('hands on all that a program wrote, in order, to readers of any speed', async () => {
  for (const pauseMs of [0, 2]) {
    const choice = { silenceLimitMs: 0, lendsOutput: true }
    await using program = startProgram(
      shell('i=0; while [ $i -lt 20000 ]; do echo "line $i"; i=$((i+1)); done'),
      choice,
      quietContext(),
    )
    const hash = createHash('sha256')
    for await (const bytes of program.output) {
      hash.update(bytes)
      if (pauseMs > 0) await setTimeout(pauseMs)
    }
    expect((await program.finish()).failure).toBe(undefined)
    const expected = createHash('sha256').update(Array.from({ length: 20_000 }, (_, i) => `line ${i}\n`).join(''))
    expect(hash.digest('hex')).toBe(expected.digest('hex'))
  }
})

it('keeps what a program wrote that has ended before anybody read it', async () => {
  await using program = startProgram(shell('echo early'), { silenceLimitMs: 0 }, quietContext())
  const { pid = 0 } = program
  for (let isRunning = true; isRunning; await setTimeout(20)) {
    try {
      process.kill(pid, 0)
    } catch {
      isRunning = false
    }
  }
  await setTimeout(50)
  const parts: Uint8Array[] = []
  for await (const bytes of program.output) parts.push(bytes)
  expect(Buffer.concat(parts).toString()).toBe('early\n')
  expect((await program.finish()).failure).toBe(undefined)
})
