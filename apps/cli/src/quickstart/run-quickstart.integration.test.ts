import { execFile } from 'node:child_process'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'

// oxlint-disable-next-line node/no-process-env
const words = process.env['HOLDFAST_TEST_SWEEP'] === 'full' ? [] : ['--brief']

test('the quick start proves files and a database on the spot, and leaves nothing behind', async () => {
  const temporary = await mkdtemp(join(tmpdir(), 'holdfast-quickstart-test-'))
  const sockets = async () => (await readdir('/tmp')).filter((name) => name.startsWith('holdfast-socket-'))
  try {
    const before = await sockets()
    const { PATH, NODE_COMPILE_CACHE } = process.env
    const { stdout } = await promisify(execFile)(process.execPath, [join(import.meta.dirname, 'main.ts'), ...words], {
      env: { PATH, NODE_COMPILE_CACHE, TMPDIR: temporary, HOME: temporary },
    })
    expect(stdout.match(/byte by byte, with modes, owners and times: identical/g)).toHaveLength(2)
    expect(stdout).toMatch(/DROP TABLE orders at .*: 10\d{4} rows gone/)
    expect(stdout).toMatch(/10000 customers, 10\d{4} orders, \d+ events: every row as it was then, and none of later/)
    expect(stdout).toMatch(
      /2 foreign keys hold for every row; \d+ B-trees are in order; \d+ pages match their checksums/,
    )
    expect(stdout).toMatch(/Proven in .*the database as it was a second before the accident/)
    expect((await readdir(temporary)).filter((name) => name.startsWith('holdfast-'))).toEqual([])
    expect((await sockets()).filter((name) => !before.includes(name))).toEqual([])
  } finally {
    await rm(temporary, { recursive: true, force: true })
  }
})
