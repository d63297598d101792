import { expect, test, vi } from 'vitest'
import { createOutput, type OutputSettings } from './output.ts'

function capture(settings: Partial<OutputSettings> & { terminal?: boolean } = {}) {
  const written = { stdout: '', stderr: '' }
  const channel = (name: 'stdout' | 'stderr') => ({
    isTTY: settings.terminal === true,
    columns: 80,
    write: (content: string | Uint8Array, done?: () => void) => {
      written[name] += String(content)
      done?.()
    },
  })
  let nowMs = 0
  const output = createOutput({
    stdout: channel('stdout'),
    stderr: channel('stderr'),
    json: false,
    quiet: false,
    verbosity: 0,
    progressIntervalMs: undefined,
    nowMs: () => nowMs,
    ...settings,
  })
  const pass = (ms: number) => {
    nowMs += ms
    vi.advanceTimersByTime(ms)
  }
  return { output, written, pass }
}

const progressed = { type: 'work.progressed', work: 'prune', unit: 'packs', done: 1, total: 4 } as const

test('text goes to stdout in its order, once the command is finished at the latest', () => {
  const { output, written } = capture()
  output.line('result')
  output.note('more')
  output.message({ a: 1 })
  output.finish()
  expect(written).toEqual({ stdout: 'result\nmore\n', stderr: '' })
})

test('--quiet leaves out notes but not results', () => {
  const { output, written } = capture({ quiet: true })
  output.line('result')
  output.note('more')
  output.finish()
  expect(written.stdout).toBe('result\n')
})

test('--json prints messages only, one a line, and errors to stderr', () => {
  const { output, written } = capture({ json: true })
  output.line('result')
  output.message({ a: 1 })
  output.emit({ type: 'item.failed', during: 'archival', item: '/a', error: 'denied' })
  output.finish()
  expect(written.stdout).toBe('{"a":1}\n')
  expect(JSON.parse(written.stderr)).toEqual({
    message_type: 'error',
    error: { message: 'denied' },
    during: 'archival',
    item: '/a',
  })
})

test('a terminal gets its progress redrawn at most ten times a second and taken away at the end', () => {
  vi.useFakeTimers()
  const { output, written, pass } = capture({ terminal: true })
  for (let ms = 0; ms < 1000; ms += 10) {
    output.emit({ ...progressed, done: ms })
    pass(10)
  }
  expect(written.stdout.match(/prune/g)?.length).toBeLessThanOrEqual(10)
  expect(written.stdout.match(/prune/g)?.length).toBeGreaterThan(5)
  output.finish()
  expect(written.stdout.endsWith('\r\x1b[J')).toBe(true)
  vi.useRealTimers()
})

test('without a terminal progress is a line on stderr every ten seconds', () => {
  vi.useFakeTimers()
  const { output, written, pass } = capture()
  output.emit(progressed)
  pass(9_900)
  expect(written.stderr).toBe('')
  pass(200)
  expect(written.stderr).toBe('0:10 prune   25.0 %  1 of 4 packs  ETA 0:30\n')
  pass(30_000)
  expect(written.stderr.split('\n')).toHaveLength(2)
  output.finish()
  expect(written.stdout).toBe('')
  vi.useRealTimers()
})

test('nothing of the progress before a result comes after it', () => {
  vi.useFakeTimers()
  for (const json of [true, false]) {
    const { output, written, pass } = capture({ json, progressIntervalMs: 500 })
    output.emit(progressed)
    output.message({ message_type: 'summary' })
    output.line('done')
    pass(2_000)
    output.finish()
    expect(written).toEqual({ stdout: json ? '{"message_type":"summary"}\n' : 'done\n', stderr: '' })
  }
  vi.useRealTimers()
})

test('in JSON mode progress is a status message on stdout', () => {
  vi.useFakeTimers()
  const { output, written, pass } = capture({ json: true, progressIntervalMs: 500 })
  output.emit({
    type: 'backup.progressed',
    filesDone: 1,
    bytesDone: 50,
    totalFiles: 2,
    totalBytes: 200,
    errors: 0,
    currentFiles: ['/a'],
  })
  pass(500)
  output.finish()
  expect(JSON.parse(written.stdout)).toMatchObject({
    message_type: 'status',
    percent_done: 0.25,
    files_done: 1,
    total_files: 2,
    bytes_done: 50,
    total_bytes: 200,
    current_files: ['/a'],
  })
  vi.useRealTimers()
})

test('single files are shown only to whoever asked for that much', () => {
  const event = { type: 'item.processed', action: 'new', item: '/a', sizeBytes: 5 } as const
  const usual = capture({ verbosity: 1 })
  usual.output.emit(event)
  usual.output.finish()
  expect(usual.written.stdout).toBe('')
  const verbose = capture({ verbosity: 2 })
  verbose.output.emit(event)
  verbose.output.finish()
  expect(verbose.written.stdout).toBe('new       /a, 5 B\n')
})
