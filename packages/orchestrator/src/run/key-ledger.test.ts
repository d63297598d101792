import { expect, test } from 'vitest'
import { KeyLedger } from './key-ledger.ts'

const minuteMs = 60_000
const backup = (source: string) => ({ exclusiveKeys: [`source/${source}`], limitKeys: ['host/web', 'repository/main'] })
const prune = { exclusiveKeys: ['repository/main'], limitKeys: ['host/web', 'repository/main'] }

test('of runs with the same exclusive key one is admitted, however many limits allow', () => {
  const ledger = new KeyLedger([backup('shop')], new Map([['host/web', 9]]))
  expect(ledger.admits(backup('shop'))).toBe(false)
  expect(ledger.admits(backup('blog'))).toBe(true)
})

test('a limit key admits as many as its limit, and any number when it has none', () => {
  const running = [backup('a'), backup('b')]
  expect(new KeyLedger(running, new Map([['host/web', 2]])).admits(backup('c'))).toBe(false)
  expect(new KeyLedger(running, new Map([['host/web', 3]])).admits(backup('c'))).toBe(true)
  expect(new KeyLedger(running, new Map()).admits(backup('c'))).toBe(true)
})

test('a limit of nothing admits nobody', () => {
  expect(new KeyLedger([], new Map([['repository/main', 0]])).admits(backup('a'))).toBe(false)
})

test('a run that names the same key as exclusive and as limit does not keep itself out', () => {
  expect(new KeyLedger([], new Map([['repository/main', 1]])).admits(prune)).toBe(true)
})

test('who has a repository for itself keeps out those that only use it, and waits for them', () => {
  expect(new KeyLedger([prune], new Map()).admits(backup('shop'))).toBe(false)
  expect(new KeyLedger([backup('shop')], new Map()).admits(prune)).toBe(false)
})

test('a run that waited for its key for a quarter of an hour is given way, one that came just now is not', () => {
  const ledger = new KeyLedger([backup('a')], new Map())
  ledger.giveWay(prune, 14 * minuteMs)
  expect(ledger.admits(backup('b'))).toBe(true)
  ledger.giveWay(prune, 15 * minuteMs)
  expect(ledger.admits(backup('b'))).toBe(false)
  expect(ledger.admits({ exclusiveKeys: ['source/b'], limitKeys: ['repository/other'] })).toBe(true)
})
