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
  readonly stamp?: number | undefined
}

/**
 * Counts up the stamp of an agent, which it keeps beside its secret and shows the next time. A copy of its state directory
 * stays behind after that, and is told apart as soon as it begins. One behind is who did not hear the last answer, and is
 * answered the same again; ahead is whom a catalogue that was restored from a backup has forgotten. Fails with AGENT_COPIED,
 * CREDENTIAL_REFUSED.
 */
export async function stampAgent(marks: MarkStore, name: string, hello: AgentHello): Promise<number> {
  const { instance, isStart, stamp = 0 } = hello
  for (;;) {
    const text = await marks.get(agentMark.enrolled(name))
    const enrolment = parseEnrolment(text)
    if (enrolment === undefined) throw new AppError('CREDENTIAL_REFUSED', {})
    const known = enrolment.stamp
    const newest = known?.number ?? 0
    const isSame = known === undefined || known.instance === instance
    const mayTakeOver = stamp > newest || (isStart && stamp >= newest - 1)
    if (!isSame && !mayTakeOver) throw new AppError('AGENT_COPIED', { name })
    const next = { number: stamp < newest ? newest : stamp + 1, instance }
    if (isSame && next.number === newest) return newest
    if (await marks.compareAndSet(agentMark.enrolled(name), text, JSON.stringify({ ...enrolment, stamp: next }))) {
      return next.number
    }
  }
}

/** Whether this process of an agent may speak for it: it is let in, and none has begun since. */
export async function isNewestProcess(marks: Pick<MarkStore, 'get'>, name: string, instance: string): Promise<boolean> {
  const enrolment = parseEnrolment(await marks.get(agentMark.enrolled(name)))
  return enrolment !== undefined && (enrolment.stamp === undefined || enrolment.stamp.instance === instance)
}
