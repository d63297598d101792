/**
 * Properties are tried with the same values in every run, so that none fails by chance, and a failure comes again.
 * HOLDFAST_TEST_SEED tries other values.
 */
import { configureGlobal } from 'fast-check'

// oxlint-disable-next-line node/no-process-env
export const testSeed = Number(process.env['HOLDFAST_TEST_SEED'] ?? 20_261_121)

configureGlobal({ seed: testSeed })
