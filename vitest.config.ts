import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { defineConfig } from 'vitest/config'

const cores = availableParallelism()

/**
 * Worker threads and command lines that tests start find their modules compiled: without it that was half of the processor
 * time of a whole run.
 */
const env = { NODE_COMPILE_CACHE: join(import.meta.dirname, 'node_modules/.cache/compiled') }

export default defineConfig({
  test: {
    // The last line of every run is "N passed, N failed", which .ci/run reads.
    reporters: ['default', './tests/summary-line.ts'],
    projects: [
      {
        test: {
          name: 'unit',
          include: ['{apps,packages}/*/src/**/*.test.ts', 'bench/**/*.test.ts', 'tests/architecture.test.ts'],
          exclude: ['**/node_modules/**', '**/*.integration.test.ts'],
          env,
          setupFiles: ['tests/test-seed.ts'],
          // They are pure and leave nothing behind, and to load their modules anew for each file took twice as long.
          isolate: false,
          // Milliseconds each, and some ten seconds of a machine that has other things to do.
          testTimeout: 120_000,
          hookTimeout: 120_000,
          expect: { poll: { timeout: 60_000 } },
          maxWorkers: Math.min(4, cores),
          // Before the integration tests, not beside them: a broken unit shows within seconds.
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          name: 'integration',
          include: ['{apps,packages}/*/src/**/*.integration.test.ts', 'tests/**/*.test.ts'],
          exclude: ['**/node_modules/**', 'tests/architecture.test.ts'],
          env,
          testTimeout: 300_000,
          hookTimeout: 300_000,
          // What is waited for comes, however busy the machine is; a second is no time for a process to start.
          expect: { poll: { timeout: 120_000 } },
          // Every test here starts processes with threads of their own, but also waits: one more than the least machine has
          // processors keeps them busy, and yet more would only make each one slower.
          maxWorkers: Math.min(3, cores + 1),
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
})
