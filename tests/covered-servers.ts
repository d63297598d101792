import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { TestModule } from 'vitest/node'

const yellow = ['\u001b[33m', '\u001b[39m'] as const

/**
 * Says of a run whether MySQL was among the servers that it tried: most machines have MariaDB only, and a run that skipped
 * the other family must not look like one that did not. undefined: the run had none of these tests.
 */
export function coveredServers(modules: readonly TestModule[]): string | undefined {
  const tests = modules
    .filter(({ moduleId }) => moduleId.endsWith('.integration.test.ts'))
    .flatMap((module) => [...module.children.allTests()])
    .filter(({ fullName }) => fullName.startsWith('a server of MySQL'))
  if (tests.length === 0) return undefined
  if (tests.some((test) => test.result().state !== 'skipped')) return `servers: MariaDB and MySQL ${mysqlVersion()}`
  const advice = 'HOLDFAST_TEST_MYSQL names no system that has it'
  return `${yellow[0]}servers: MariaDB only, ${tests.length} tests of MySQL were skipped (${advice})${yellow[1]}`
}

/** As the packages of that system say, if they do. */
function mysqlVersion(): string {
  try {
    const status = readFileSync(join(process.env['HOLDFAST_TEST_MYSQL'] ?? '', 'var/lib/dpkg/status'), 'utf8')
    return /^Package: mysql-server-core\b.*?^Version: (\S+)/ms.exec(status)?.[1] ?? ''
  } catch {
    return ''
  }
}
