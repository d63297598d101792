import { randomBytes } from 'node:crypto'
import { AppError } from '@holdfast/core/errors/app-error'
import type { MarkStore } from '../catalogue/catalogue.ts'
import { agentMark, parseEnrolment } from './agent-marks.ts'

/** What a process of an agent says when it begins, and twice a minute from then on. */
export interface AgentHello {
  /** of the process */
  readonly instance: string
  /** the first time of this process, which takes over from the one before */
  readonly isStart: boolean
  /** the last that its state directory has kept; absent: none yet */
  readonly stamp?: string | undefined
}

/**
 * Gives an agent another stamp, which it keeps beside its secret and shows the next time. A copy of its state directory
 * stays behind after that, and is told apart as soon as it begins: it shows a stamp that has been replaced. The stamp before
 * is good as well, since an answer may have got lost. Fails with AGENT_COPIED, CREDENTIAL_REFUSED.
 */
export async function stampAgent(marks: MarkStore, name: string, hello: AgentHello): Promise<string> {
  const { instance, isStart, stamp = '' } = hello
  for (;;) {
    const text = await marks.get(agentMark.enrolled(name))
    const enrolment = parseEnrolment(text)
    if (enrolment === undefined) throw new AppError('CREDENTIAL_REFUSED', {})
    const known = enrolment.stamp
    const isSame = known?.instance === instance
    // an answer got lost, or the question is an old one of the same process: it is answered as before
    if (isSame && stamp !== known.now) return known.now
    const isKnown = known === undefined || stamp === known.now || stamp === known.before
    if (known !== undefined && !isSame && !(isStart && isKnown)) throw new AppError('AGENT_COPIED', { name })
    const isHeard = known === undefined || stamp === known.now
    const next = isHeard ? { now: createStamp(), before: stamp, instance } : { ...known, instance }
    if (await marks.compareAndSet(agentMark.enrolled(name), text, JSON.stringify({ ...enrolment, stamp: next }))) {
      return next.now
    }
  }
}

function createStamp(): string {
  return randomBytes(12).toString('base64url')
}

/** Whether this process of an agent may speak for it: it is let in, and none has begun since. */
export async function isNewestProcess(marks: Pick<MarkStore, 'get'>, name: string, instance: string): Promise<boolean> {
  const enrolment = parseEnrolment(await marks.get(agentMark.enrolled(name)))
  return enrolment !== undefined && (enrolment.stamp === undefined || enrolment.stamp.instance === instance)
}
