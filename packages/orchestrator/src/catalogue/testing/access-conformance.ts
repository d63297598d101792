/** What every store of the catalogue does alike about people, their sessions and tokens, and the audit log. */
import { expect, test } from 'vitest'
import { verifyAudit } from '../../access/audit-chain.ts'
import type { AuditDraft } from '../../access/audit-entry.ts'
import type { TokenRecord } from '../../access/token-record.ts'
import type { UserRecord } from '../../access/user-record.ts'
import type { CataloguePlace, OpenedCatalogue } from '../open-catalogue.ts'

type Open = (where?: CataloguePlace) => Promise<OpenedCatalogue>

const at = (minutes: number): Date => new Date(Date.parse('2026-11-01T00:00:00Z') + minutes * 60_000)
const user = (name: string, more: Partial<UserRecord> = {}): UserRecord => ({
  ...{ name, role: 'admin', password: 'hash', createdAt: at(0) },
  ...more,
})
const token = (name: string, more: Partial<TokenRecord> = {}): TokenRecord => ({
  ...{ name, secretHash: `hash of ${name}`, role: 'viewer', createdAt: at(0) },
  ...more,
})
const draft = (act: string): AuditDraft => ({
  ...{ callerKind: 'user', caller: 'alice', act, subject: 'shop', outcome: 'done', detail: { b: 1, a: 'x', c: true } },
})

export function describeAccess(open: Open, place: () => Promise<CataloguePlace>): void {
  describeUsers(open)
  describeSessions(open)
  describeTokens(open)
  describeAudit(open, place)
}

function describeUsers(open: Open): void {
  test('a user is found by name and by subject, and neither is given twice', async () => {
    const { users } = await open()
    const { password: _, ...elsewhere } = user('bob', { role: 'viewer', subject: 'https://id.example 17' })
    expect(await users.add(user('alice'))).toBe(true)
    expect(await users.add(elsewhere)).toBe(true)
    expect(await users.add(user('alice', { role: 'viewer' }))).toBe(false)
    expect(await users.add(user('eve', { subject: 'https://id.example 17' }))).toBe(false)
    expect(await users.list()).toEqual([user('alice'), elsewhere])
    expect(await users.get('alice')).toEqual(user('alice'))
    expect(await users.bySubject('https://id.example 17')).toEqual(elsewhere)
    expect(await users.get('eve')).toBeUndefined()
  })

  test('the sessions of a user end with each change, the tokens with the user', async () => {
    const { users, sessions, tokens } = await open()
    for (const name of ['alice', 'bob']) await users.add(user(name))
    const signIn = async (): Promise<void> => {
      for (const name of ['alice', 'bob'])
        await sessions.add({ secretHash: `${name} ${made++}`, user: name, openedAt: at(0), usedAt: at(0) })
    }
    let made = 0
    await signIn()
    expect(await users.change('alice', { role: 'operator' })).toBe('done')
    expect(await sessions.get('alice 0')).toBeUndefined()
    expect(await sessions.get('bob 1')).toBeDefined()
    await signIn()
    expect(await users.change('alice', { password: 'other' })).toBe('done')
    expect(await sessions.get('alice 2')).toBeUndefined()
    expect(await users.get('alice')).toEqual(user('alice', { role: 'operator', password: 'other' }))
    await signIn()
    await tokens.add(token('mine', { owner: 'alice' }))
    await tokens.add(token('nobodys'))
    expect(await users.remove('alice')).toBe('done')
    expect(await sessions.get('alice 4')).toBeUndefined()
    expect((await tokens.list()).map(({ name }) => name)).toEqual(['nobodys'])
    expect(await users.remove('alice')).toBe('unknown')
    expect(await users.change('alice', { role: 'viewer' })).toBe('unknown')
  })

  test('one admin always stays, whoever is taken away at the same time', async () => {
    const { users } = await open()
    for (const name of ['alice', 'bob', 'carol']) await users.add(user(name))
    const changes = [users.remove('alice'), users.change('bob', { role: 'viewer' }), users.remove('carol')]
    expect((await Promise.all(changes)).toSorted()).toEqual(['done', 'done', 'last-admin'])
    const [left, ...others] = (await users.list()).filter(({ role }) => role === 'admin')
    expect(others).toEqual([])
    expect(await users.remove(left?.name ?? '')).toBe('last-admin')
    expect(await users.change(left?.name ?? '', { role: 'operator' })).toBe('last-admin')
    expect(await users.change(left?.name ?? '', { password: 'other' })).toBe('done')
    expect(await users.change(left?.name ?? '', { role: 'admin' })).toBe('done')
    // unless somebody else has decided it
    expect(await users.change(left?.name ?? '', { role: 'viewer' }, { isFinal: true })).toBe('done')
    await users.add(user('dave'))
    expect(await users.remove('dave', { isFinal: true })).toBe('done')
  })
}

function describeSessions(open: Open): void {
  test('sessions that are old, or were not used for long, are trimmed', async () => {
    const { sessions } = await open()
    const session = (secretHash: string, opened: number, used: number) =>
      sessions.add({ secretHash, user: 'alice', openedAt: at(opened), usedAt: at(used) })
    await session('old', 0, 100)
    await session('idle', 50, 60)
    await session('kept', 50, 60)
    await sessions.used('kept', at(100))
    expect(await sessions.trim({ usedAt: at(90), openedAt: at(10) })).toBe(2)
    expect(await sessions.get('kept')).toEqual({ secretHash: 'kept', user: 'alice', openedAt: at(50), usedAt: at(100) })
    expect(await sessions.get('idle')).toBeUndefined()
    expect(await sessions.remove('kept')).toBe(true)
    expect(await sessions.remove('kept')).toBe(false)
  })
}

function describeTokens(open: Open): void {
  test('a token is found by its hash, listed by its owner, and its name is given once', async () => {
    const { tokens } = await open()
    const mine = token('ci', { owner: 'alice', sources: ['shop', 'wiki'], expiresAt: at(60) })
    expect(await tokens.add(mine)).toBe(true)
    expect(await tokens.add(token('ci', { secretHash: 'another' }))).toBe(false)
    await tokens.add(token('backup', { role: 'operator' }))
    expect(await tokens.byHash(mine.secretHash)).toEqual(mine)
    expect(await tokens.byHash('another')).toBeUndefined()
    await tokens.used('ci', at(5))
    expect(await tokens.get('ci')).toEqual({ ...mine, usedAt: at(5) })
    expect((await tokens.list()).map(({ name }) => name)).toEqual(['backup', 'ci'])
    expect((await tokens.list('alice')).map(({ name }) => name)).toEqual(['ci'])
    expect(await tokens.remove('ci')).toBe(true)
    expect(await tokens.remove('ci')).toBe(false)
  })
}

function describeAudit(open: Open, place: () => Promise<CataloguePlace>): void {
  test('what was done is listed newest first, by who, what and when, page by page', async () => {
    const { audit } = await open()
    for (const act of ['a', 'b', 'a', 'c']) await audit.append(draft(act))
    await audit.append({ callerKind: 'command', caller: 'root@web-1', act: 'a', subject: '', outcome: 'done' })
    const acts = async (filter: Parameters<typeof audit.list>[0]) =>
      (await audit.list(filter)).map(({ sequence, act }) => `${sequence}${act}`)
    expect(await acts({ limit: 9 })).toEqual(['5a', '4c', '3a', '2b', '1a'])
    expect(await acts({ limit: 2, before: 5 })).toEqual(['4c', '3a'])
    expect(await acts({ limit: 9, act: 'a', caller: 'alice' })).toEqual(['3a', '1a'])
    const [newest] = await audit.list({ limit: 1 })
    const since = newest?.at ?? at(0)
    expect(await acts({ limit: 9, since })).toContain('5a')
    expect(await acts({ limit: 9, since: new Date(since.getTime() + 1) })).toEqual([])
    expect(await audit.after(3, 9)).toMatchObject([{ act: 'c', detail: { a: 'x', b: 1, c: true } }, { detail: {} }])
  })

  test('many who write at once make one chain', async () => {
    const where = await place()
    const [one, other] = [await open(where), await open(where)]
    await Promise.all(Array.from({ length: 30 }, (_, index) => (index % 2 ? one : other).audit.append(draft('a'))))
    expect(await verifyAudit(other.audit)).toEqual({ checked: 30, head: await one.audit.head() })
  })

  test('whatever somebody calls something, the chain holds', async () => {
    const { audit } = await open()
    for (const subject of ['a\0b', '\ud800', 'e\u0301', '\u{1f600}', '\'"\\\n', '']) {
      await audit.append({ ...draft('a'), subject, detail: { given: subject } })
    }
    expect(await verifyAudit(audit)).toEqual({ checked: 6, head: await audit.head() })
    expect((await audit.list({ limit: 6 })).map(({ subject }) => subject)).toContain('a\ufffdb')
  })

  test('any change of any row is found, at that row', async () => {
    const { audit, store } = await open()
    for (const act of ['a', 'b', 'c', 'd', 'e']) await audit.append(draft(act))
    const changes = {
      at: 1,
      caller_kind: 'agent',
      caller: 'bob',
      act: 'x',
      subject: 'wiki',
      outcome: 'refused',
      detail: '{"a":"x","b":2,"c":true}',
      hash: '0'.repeat(64),
    }
    const [row] = await store.read((reader) =>
      reader.selectFrom('audit').selectAll().where('sequence', '=', 3).execute(),
    )
    const put = (change: Partial<typeof changes>) =>
      store.write((writer) => writer.updateTable('audit').set(change).where('sequence', '=', 3).execute())
    for (const [column, value] of Object.entries(changes)) {
      await put({ [column]: value })
      expect((await verifyAudit(audit)).broken, column).toMatchObject({ sequence: 3 })
      await put({ ...row })
    }
    expect((await verifyAudit(audit)).broken).toBeUndefined()
  })

  test('a row that was removed, added or moved is found, and an end that was cut off', async () => {
    const { audit, store } = await open()
    for (const act of ['a', 'b', 'c', 'd', 'e']) await audit.append(draft(act))
    const rows = await store.read((reader) => reader.selectFrom('audit').selectAll().execute())
    const head = await audit.head()
    type Rows = typeof rows
    const broken = async (changed: Rows, known?: typeof head): Promise<number | undefined> => {
      await store.write(async (writer) => {
        await writer.deleteFrom('audit').execute()
        await writer.insertInto('audit').values(changed).execute()
      })
      return (await verifyAudit(audit, known)).broken?.sequence
    }
    const [a, b, c, d, e] = rows.toSorted((one, other) => one.sequence - other.sequence)
    if (a === undefined || b === undefined || c === undefined || d === undefined || e === undefined)
      throw new Error('rows')
    expect(await broken([b, c, d, e])).toBe(1)
    expect(await broken([a, b, d, e])).toBe(3)
    expect(await broken([a, b, { ...d, sequence: 3 }, { ...c, sequence: 4 }, e])).toBe(3)
    expect(await broken([a, b, c, d, e, { ...e, sequence: 6 }])).toBe(6)
    expect(await broken([a, b, c, d])).toBe(5)
    expect(await broken([a, b, c, d, e])).toBeUndefined()
    // who also moves the end is told by one who kept it
    await store.write((writer) => writer.updateTable('audit_head').set({ sequence: 4, hash: d.hash }).execute())
    expect(await broken([a, b, c, d])).toBeUndefined()
    expect(await broken([a, b, c, d], head)).toBe(5)
    expect(await broken([a, b, c, d], { sequence: 2, hash: c.hash })).toBe(2)
    expect(await broken([a, b, c, d], { sequence: 2, hash: b.hash })).toBeUndefined()
  })
}
