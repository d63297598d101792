import { setImmediate } from 'node:timers/promises'
import type { Catalogue } from '@holdfast/orchestrator/catalogue/catalogue'

/**
 * The same catalogue, whose large questions are asked one after the other with a pause for others between: SQLite answers
 * each of them on this thread, and whoever asks for something else meanwhile would wait for all of them.
 */
export function readingInTurns(catalogue: Catalogue): Catalogue {
  let last = Promise.resolve()
  const inTurn =
    <Given extends readonly unknown[], Answer>(ask: (...given: Given) => Promise<Answer>) =>
    async (...given: Given): Promise<Answer> => {
      last = last.then(() => setImmediate())
      await last
      return await ask(...given)
    }
  const { runs, snapshots, proofs, samples } = catalogue
  return {
    ...catalogue,
    runs: { ...runs, list: inTurn(runs.list), newest: inTurn(runs.newest) },
    snapshots: { ...snapshots, overview: inTurn(snapshots.overview) },
    proofs: { ...proofs, newest: inTurn(proofs.newest), slowest: inTurn(proofs.slowest) },
    samples: { ...samples, list: inTurn(samples.list), newest: inTurn(samples.newest) },
  }
}
