import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { quietContext } from '@holdfast/core/context'
import { afterAll, describe, expect, it } from 'vitest'
import { messageOf } from '../testing/message-fixture.ts'
import { createCommandChannel } from './command.ts'

const directory = mkdtempSync(join(tmpdir(), 'holdfast-notify-'))
afterAll(() => rmSync(directory, { recursive: true, force: true }))
const send = (command: readonly string[], ctx = quietContext()) =>
  createCommandChannel({ name: 'script', type: 'command', command }).send(messageOf(), ctx)

describe('a command', () => {
  it('is given the message as JSON on its input, and its words as they are', async () => {
    const file = join(directory, 'a b $HOME.json')
    await send(['/bin/sh', '-c', 'cat > "$0"', file])
    expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({
      version: 1,
      findings: [{ key: 'overdue:source/shop', event: 'opened' }],
    })
  })

  it('that does not read its input has taken the message', async () => {
    await expect(send(['/bin/true'])).resolves.toBeUndefined()
  })

  it('that fails is tried again, and what it prints goes nowhere', async () => {
    const error = await send(['/bin/sh', '-c', 'echo token-1234 >&2; exit 3']).catch((reason: unknown) => reason)
    expect(error).toMatchObject({ code: 'CHANNEL_UNREACHABLE', message: expect.stringContaining('ended with code 3') })
    expect(String(error)).not.toContain('token-1234')
  })

  it('that is not there is refused', async () => {
    await expect(send([join(directory, 'missing')])).rejects.toMatchObject({ code: 'CHANNEL_REFUSED' })
  })

  it('is ended with its children when the message is interrupted', async () => {
    const stop = new AbortController()
    const file = join(directory, 'child')
    const sending = send(['/bin/sh', '-c', `sleep 60 & echo $! > ${file}; wait`], quietContext({ signal: stop.signal }))
    await expect.poll(() => readChild(file)).toBeGreaterThan(0)
    stop.abort(new Error('stopped'))
    await expect(sending).rejects.toThrow('stopped')
    await expect.poll(() => isAlive(readChild(file))).toBe(false)
  })
})

function readChild(file: string): number {
  try {
    return Number(readFileSync(file, 'utf8'))
  } catch {
    return 0
  }
}

/** A killed process that nobody has waited for is gone, too. */
function isAlive(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
  } catch {
    return false
  }
}
