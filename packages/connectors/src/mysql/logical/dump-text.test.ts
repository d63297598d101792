import { expect, it } from 'vitest'
import { readHead, readTail } from './dump-text.ts'

it('reads the position of both families, and keeps only settings that do not change', () => {
  const mariadb =
    "/*!M999999\\- enable the sandbox mode */ \n/*!40101 SET NAMES utf8mb4 */;\n-- CHANGE MASTER TO MASTER_LOG_FILE='b.000003', MASTER_LOG_POS=737;\n"
  expect(readHead(mariadb)).toEqual({
    settings: '/*!40101 SET NAMES utf8mb4 */;\n',
    position: { file: 'b.000003', position: 737 },
  })
  const mysql =
    "-- CHANGE REPLICATION SOURCE TO SOURCE_LOG_FILE='binlog.000042', SOURCE_LOG_POS=157;\n/* SET @@GLOBAL.GTID_PURGED='+ab:1-7'; */\n"
  expect(readHead(mysql).position).toEqual({ file: 'binlog.000042', position: 157 })
})

it('tells a whole dump from one that was cut, and what GTIDs it holds', () => {
  expect(readTail('-- SET x\n', '')).toEqual({ isComplete: false })
  const gtid = "-- SET GLOBAL gtid_slave_pos='0-1-7,1-1-3';\n-- Dump completed on 2026-11-21\n"
  expect(readTail(gtid, '')).toEqual({ isComplete: true, gtid: '0-1-7,1-1-3' })
  const mysql = "SET @@GLOBAL.GTID_PURGED=/*!80000 '+'*/ 'aaaa:1-7,\nbbbb:1-3';\n"
  expect(readTail('-- Dump completed\n', mysql).gtid).toBe('aaaa:1-7,bbbb:1-3')
  expect(readTail('-- Dump completed\n', "/* SET @@GLOBAL.GTID_PURGED='+ab:1-7'; */\n").gtid).toBe('ab:1-7')
})
