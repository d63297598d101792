import { AppError } from '@holdfast/core/errors/app-error'
import { parseSizeBytes } from '@holdfast/core/units/size'
import type { UnusedLimit } from '@holdfast/repository/prune/prune-options'

/** Reads how much unused data may stay: "5%", "2GiB" or "unlimited". Fails with ARGUMENT_INVALID. */
export function parseUnusedLimit(text: string, label: string): UnusedLimit {
  if (text === 'unlimited') return 'unlimited'
  const percent = /^(\d+(?:\.\d+)?)%$/.exec(text)?.[1]
  if (percent === undefined) return { bytes: parseSizeBytes(text, label) }
  if (Number(percent) <= 100) return { percent: Number(percent) }
  throw new AppError('ARGUMENT_INVALID', {
    name: label,
    value: JSON.stringify(text),
    reason: 'it must be at most 100%',
  })
}
