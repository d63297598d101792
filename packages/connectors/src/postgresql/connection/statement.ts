import type { Context } from '@holdfast/core/context'
import { clientMessage, textMessage } from './client-message.ts'
import type { ResultSet, StreamItem } from './connection.ts'
import { ResultCollector } from './result-collector.ts'
import type { Session } from './session.ts'

/** A statement whose results fit in memory. What a COPY would send is left away, what it would read is refused. */
export async function runQuery(session: Session, sql: string, ctx: Context): Promise<readonly ResultSet[]> {
  using conversation = session.begin(sql, ctx)
  await conversation.send(textMessage('Q', sql))
  const collector = new ResultCollector()
  const results: ResultSet[] = []
  for (;;) {
    const message = await conversation.receive()
    if (message === undefined) return results
    const taken = conversation.parse(() => collector.take(message))
    if (typeof taken === 'object') results.push(taken)
    if (taken !== 'other') continue
    if (message.type === 'G') await conversation.send(textMessage('f', 'there is nothing to copy from'))
    else if (!/[Hdc]/.test(message.type)) throw conversation.unexpected(message)
  }
}

/** A statement whose results are handed on as they come. */
export async function* runStream(
  session: Session,
  sql: string,
  ctx: Context,
): AsyncGenerator<StreamItem, void, undefined> {
  using conversation = session.begin(sql, ctx)
  await conversation.send(textMessage('Q', sql))
  const collector = new ResultCollector()
  for (;;) {
    const message = await conversation.receive()
    if (message === undefined) return
    switch (message.type) {
      case 'd':
        yield { type: 'copy-data', bytes: message.body }
        break
      case 'H':
        yield { type: 'copy-started' }
        break
      case 'c':
        yield { type: 'copy-ended' }
        break
      default: {
        const taken = conversation.parse(() => collector.take(message))
        if (taken === 'other') throw conversation.unexpected(message)
        if (taken !== 'part') yield { type: 'result', result: taken }
      }
    }
  }
}

/** Says that nothing more comes from this side of a COPY. */
export const copyDone = clientMessage('c')
