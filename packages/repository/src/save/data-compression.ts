import { type Compress, createCompressor, zstdLevels } from '../engine/zstd.ts'

/** Shorter blobs are compressed as they are asked to be. */
const sampledBytes = 256 * 1024
const sampleBytes = 16 * 1024
/** Film, archives and ciphertext do not shrink even so much. */
const worthwhileShare = 0.98

/** How blobs of data are compressed. */
export interface DataCompression {
  readonly usual: Compress
  /** taken where it shrinks a blob no less; undefined: never */
  readonly quick: Compress | undefined
}

export function createDataCompression(memory: Buffer, level: number): DataCompression {
  const usual = createCompressor(memory, level)
  return { usual, quick: level === zstdLevels.auto ? createCompressor(memory, zstdLevels.fastest) : undefined }
}

/**
 * What suits a blob, by two samples of a large one, from its beginning and its middle; undefined: it is not worth compressing.
 * Numbers, hashes and identifiers become smaller by the quick level, and text by the usual one (decision 036). The samples are
 * compressed into `scratch`.
 */
export function chooseCompress(
  { usual, quick }: DataCompression,
  at: number,
  length: number,
  scratch: { readonly at: number; readonly sizeBytes: number },
): Compress | undefined {
  if (length < sampledBytes) return usual
  const sample = (compress: Compress): number[] =>
    [at, at + (length >> 1)].map((from) => compress(from, sampleBytes, scratch.at, scratch.sizeBytes))
  const sizes = sample(usual)
  if (sizes.every((size) => size >= sampleBytes * worthwhileShare)) return undefined
  return quick !== undefined && sum(sample(quick)) <= sum(sizes) ? quick : usual
}

function sum(sizes: readonly number[]): number {
  return sizes.reduce((total, size) => total + size, 0)
}
