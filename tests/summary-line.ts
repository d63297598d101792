import type { Reporter, TestModule } from 'vitest/node'
import { coveredServers } from './covered-servers.ts'

/**
 * Ends a test run with one plain line, "N passed, N failed", that people and `.ci/run` can read. A file that could not
 * be loaded and an error outside any test count as one failure each, so the line never looks better than the run was.
 */
export default class SummaryLine implements Reporter {
  #line: string | undefined

  onInit(): void {
    // Not in onTestRunEnd: the default reporter prints its own summary after that.
    process.once('exit', () => {
      if (this.#line !== undefined) process.stdout.write(`\n${this.#line}\n`)
    })
  }

  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly unknown[]): void {
    let passed = 0
    let failed = unhandledErrors.length
    for (const module of modules) {
      let failedHere = 0
      for (const test of module.children.allTests()) {
        const { state } = test.result()
        if (state === 'passed') passed += 1
        if (state === 'failed') failedHere += 1
      }
      failed += module.state() === 'failed' ? Math.max(1, failedHere) : failedHere
    }
    const covered = coveredServers(modules)
    this.#line = `${covered === undefined ? '' : `${covered}\n`}${passed} passed, ${failed} failed`
  }
}
