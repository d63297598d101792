import type { Context } from '@holdfast/core/context'
import type { Repository } from '@holdfast/repository/repository'
import { listSnapshots } from '@holdfast/repository/snapshot/list-snapshots'
import { planPrune } from '@holdfast/repository/prune/plan-prune'
import { expect } from 'vitest'
import { readContents } from '../scenario/snapshot-content.ts'
import { checkErrors } from '../scenario/verbs.ts'
import { isForgotten, type OperationName, type OperationSite } from './scenario.ts'

/** What the snapshots of both repositories hold. */
export interface Contents {
  readonly repository: ReadonlyMap<string, string>
  readonly destination: ReadonlyMap<string, string>
}

export async function contentsOf({ repository, destination }: OperationSite, ctx: Context): Promise<Contents> {
  return { repository: await readContents(repository, ctx), destination: await readContents(destination, ctx) }
}

/** Whatever has happened: what was listed before is listed still and holds the same, unless it was to be forgotten. */
export async function expectNothingLost(
  name: OperationName,
  before: Contents,
  site: OperationSite,
  what: string,
  ctx: Context,
): Promise<void> {
  const after = await contentsOf(site, ctx)
  for (const part of ['repository', 'destination'] as const) {
    const mayGo = name === 'forget' && part === 'repository' ? await forgotten(site.repository, before, ctx) : []
    for (const [id, content] of before[part]) {
      if (mayGo.includes(id) && !after[part].has(id)) continue
      expect(after[part].get(id), `${what}: snapshot ${id} of the ${part}`).toBe(content)
    }
  }
}

/** The operation is complete, nothing is lost, nothing is damaged, and nothing is left over. */
export async function expectDone(
  name: OperationName,
  before: Contents,
  site: OperationSite,
  what: string,
  ctx: Context,
): Promise<void> {
  await expectNothingLost(name, before, site, what, ctx)
  const after = await contentsOf(site, ctx)
  const changed = name === 'copy' ? site.destination : site.repository
  expect(await checkErrors(changed, ctx), what).toEqual([])
  const listed = await listSnapshots(site.repository, {}, ctx)
  if (name === 'copy') {
    const copied = new Set(after.destination.values())
    for (const content of after.repository.values()) expect(copied.has(content), what).toBe(true)
    const originals = (await listSnapshots(site.destination, {}, ctx)).map(({ snapshot }) => snapshot.original)
    expect(new Set(originals).size, `${what}: nothing is copied twice`).toBe(originals.length)
  }
  if (name === 'backup') expect(listed.at(-1)?.snapshot.time, what).toBe('2026-06-01T00:00:00Z')
  if (name === 'forget')
    expect(
      listed.some(({ snapshot }) => isForgotten(snapshot.time)),
      what,
    ).toBe(false)
  if (name === 'prune') {
    const { figures } = await planPrune(site.repository, { maxUnused: { percent: 0 }, workers: 1 }, ctx)
    expect([figures.packs.remove, figures.packs.repack, figures.packs.unindexed], what).toEqual([0, 0, 0])
  }
}

async function forgotten(repository: Repository, before: Contents, ctx: Context): Promise<string[]> {
  const left = (await listSnapshots(repository, {}, ctx)).filter(({ snapshot }) => !isForgotten(snapshot.time))
  return [...before.repository.keys()].filter((id) => !left.some((listed) => listed.id === id))
}
