/** Sweeps try a part of all points unless HOLDFAST_TEST_SWEEP is `full`. */
// oxlint-disable-next-line node/no-process-env
export const isFullSweep = process.env['HOLDFAST_TEST_SWEEP'] === 'full'
