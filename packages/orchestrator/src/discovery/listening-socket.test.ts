import { createServer } from 'node:net'
import { expect, test } from 'vitest'
import { listListeningSockets, parseSocketTable } from './listening-socket.ts'

const header = '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode'

test("the kernel's table of sockets is read, and only what listens counts", () => {
  const table = [
    header,
    '   0: 0100007F:1538 00000000:0000 0A 00000000:00000000 00:00000000 00000000   105        0 31337 1 0 100 0 0 10 0',
    '   1: 00000000:0CEA 00000000:0000 0A 00000000:00000000 00:00000000 00000000   106        0 31338 1 0 100 0 0 10 0',
    '   2: 0100007F:1538 0100007F:D431 01 00000000:00000000 00:00000000 00000000   105        0 31339 1 0 20 4 30 10 -1',
  ].join('\n')
  expect(parseSocketTable(`${table}\n`)).toEqual([
    { address: '127.0.0.1', port: 5432, inode: '31337' },
    { address: '0.0.0.0', port: 3306, inode: '31338' },
  ])
})

test('addresses of IPv6 are read, also those that hold one of IPv4', () => {
  const line = (address: string) => `   0: ${address}:1538 0:0 0A 0 0 0 0 0 7 1`
  const addresses = (hex: string) => parseSocketTable(`${header}\n${line(hex)}`)[0]?.address
  expect(addresses('00000000000000000000000000000000')).toBe('::')
  expect(addresses('00000000000000000000000001000000')).toBe('::1')
  expect(addresses('0000000000000000FFFF00000100007F')).toBe('127.0.0.1')
  expect(addresses('B80D0120000000000000000001000000')).toBe('2001:db8:0:0:0:0:0:1')
})

test('an empty or strange table holds nothing', () => {
  expect(parseSocketTable('')).toEqual([])
  expect(parseSocketTable('x\ny z\n')).toEqual([])
})

test('a port of this process is found with its program, where there is a /proc', async ({ skip }) => {
  if (process.platform !== 'linux') skip('no /proc')
  const server = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  const found = (await listListeningSockets('/proc')).find((each) => each.port === port)
  expect(found).toMatchObject({ address: '127.0.0.1' })
  expect(found?.program).toBeTruthy()
  server.close()
})
