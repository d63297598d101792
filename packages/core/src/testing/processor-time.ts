/**
 * Milliseconds for which this thread has worked so far: how long something takes, whatever else a busy machine does
 * meanwhile.
 */
export function processorMs(): number {
  const { user, system } = process.threadCpuUsage()
  return (user + system) / 1000
}
