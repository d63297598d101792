import { readFile } from 'node:fs/promises'
import { renderMetricsReference } from '@holdfast/orchestrator/metrics/metrics-reference'
import { expect, test } from 'vitest'
import { metricsReferencePath } from './reference-path.ts'

test('docs/reference/metrics.md is what the definitions say (else npm run reference)', async () => {
  expect(await readFile(metricsReferencePath, 'utf8')).toBe(renderMetricsReference())
})
