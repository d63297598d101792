import v8 from 'node:v8'
import type { FastifyInstance } from 'fastify'

/** So long after the last request the heap is kept small again. */
const generousMs = 10_000

/**
 * Lets the heap grow while the API is asked. The program keeps it small (`bin/holdfast.js`), which is right for a server that
 * waits: it then takes two thirds of the memory. Under fifty requests a second for a thousand sources, collecting garbage
 * took more than half of the processor time and held answers up for hundreds of milliseconds; without it their p95 was a
 * fifth (`bench/api.ts`).
 */
export function growHeapWhileAsked(app: FastifyInstance): void {
  let calm: NodeJS.Timeout | undefined
  const beSmall = (): void => {
    calm = undefined
    v8.setFlagsFromString('--optimize-for-size')
  }
  app.addHook('onRequest', async () => {
    if (calm === undefined) v8.setFlagsFromString('--no-optimize-for-size')
    else clearTimeout(calm)
    calm = setTimeout(beSmall, generousMs).unref()
  })
  app.addHook('onClose', async () => clearTimeout(calm))
}
