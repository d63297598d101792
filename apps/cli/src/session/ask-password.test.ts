import { EventEmitter } from 'node:events'
import { quietContext } from '@holdfast/core/context'
import { expect, test } from 'vitest'
import { createPasswordPrompt } from './ask-password.ts'

class Terminal extends EventEmitter {
  raw: boolean[] = []
  shown = ''
  setRawMode(on: boolean): void {
    this.raw.push(on)
  }
  resume(): void {}
  pause(): void {}
  write(text: string): void {
    this.shown += text
  }
}

test('what is typed is read until return, never shown, and can be corrected', async () => {
  const terminal = new Terminal()
  const answer = createPasswordPrompt(terminal, terminal)('password: ', quietContext())
  for (const typed of ['sex', '\x7f', 'crét', '\x7f', 't', '\r']) terminal.emit('data', Buffer.from(typed))
  expect(await answer).toBe('secrét')
  expect(terminal.shown).toBe('password: \n')
  expect(terminal.raw).toEqual([true, false])
})

test('Ctrl-C and an abort end the question and give the terminal back', async () => {
  const terminal = new Terminal()
  const answer = createPasswordPrompt(terminal, terminal)('password: ', quietContext())
  terminal.emit('data', Buffer.from('ab\x03'))
  await expect(answer).rejects.toMatchObject({ code: 'INTERRUPTED' })
  const controller = new AbortController()
  const second = createPasswordPrompt(terminal, terminal)('password: ', quietContext({ signal: controller.signal }))
  controller.abort()
  await expect(second).rejects.toMatchObject({ code: 'INTERRUPTED' })
  expect(terminal.raw).toEqual([true, false, true, false])
  expect(terminal.listenerCount('data')).toBe(0)
})
