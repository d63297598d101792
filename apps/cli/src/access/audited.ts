import { isAppError } from '@holdfast/core/errors/app-error'
import type { Catalogue } from '@holdfast/orchestrator/catalogue/catalogue'
import { currentIdentity } from '../session/identity.ts'

/** Does it, and adds it to the audit log, whether it was done or not. */
export async function audited<Result>(
  { audit }: Pick<Catalogue, 'audit'>,
  { act, subject }: { readonly act: string; readonly subject: string },
  work: () => Promise<Result>,
): Promise<Result> {
  const { username, hostname } = currentIdentity()
  const draft = { callerKind: 'command', caller: `${username}@${hostname}`, act, subject } as const
  try {
    const result = await work()
    await audit.append({ ...draft, outcome: 'done' })
    return result
  } catch (error) {
    if (isAppError(error)) await audit.append({ ...draft, outcome: 'failed', detail: { code: error.code } })
    throw error
  }
}
