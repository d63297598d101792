import { Agent as HttpAgent } from 'node:http'
import { Agent as HttpsAgent } from 'node:https'
import type { LookupFunction } from 'node:net'
import { S3Client } from '@aws-sdk/client-s3'
import { NodeHttpHandler } from '@smithy/node-http-handler'
import type { S3Location } from '../location.ts'
import type { S3Options } from '../storage-options.ts'

export interface S3ClientOptions extends Omit<S3Options, 'caFile'> {
  readonly location: S3Location
  /** certificate authorities in PEM */
  readonly ca?: string
  readonly connections?: number
  readonly stuckAfterMs?: number
  /** resolves host names, in tests that have no DNS */
  readonly lookup?: LookupFunction
}

/**
 * The SDK's client. Its own retries are off, since `withRetry` does that with the user able to see it; its checksums are
 * added only where S3 demands them, since Ceph before 18 and others stumble over them.
 */
export function createS3Client(options: S3ClientOptions): S3Client {
  const { location, connections = 5, stuckAfterMs = 120_000, ca, lookup } = options
  const host = new URL(location.endpoint).hostname
  const amazon = amazonRegion(host)
  const agentOptions = { keepAlive: true, maxSockets: connections, ...(lookup === undefined ? {} : { lookup }) }
  return new S3Client({
    // Amazon's endpoints are built by the SDK, so that it can follow a bucket to its region.
    ...(amazon === undefined ? { endpoint: location.endpoint } : {}),
    region: options.region ?? amazon ?? 'us-east-1',
    followRegionRedirects: amazon !== undefined,
    forcePathStyle: usesPathStyle(options.pathStyle ?? 'auto', host, location.bucket),
    ...credentials(options),
    maxAttempts: 1,
    // It would write to the console otherwise.
    logger: { debug() {}, info() {}, warn() {}, error() {} },
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    // Would need a connection of its own for each upload.
    expectContinueHeader: false,
    requestHandler: new NodeHttpHandler({
      connectionTimeout: 30_000,
      socketTimeout: stuckAfterMs,
      // Waiting for a free connection is normal here and not worth the SDK's warning.
      socketAcquisitionWarningTimeout: 24 * 3600 * 1000,
      httpAgent: new HttpAgent(agentOptions),
      httpsAgent: new HttpsAgent({ ...agentOptions, minVersion: 'TLSv1.2', ...(ca === undefined ? {} : { ca }) }),
    }),
  })
}

export function isAmazon(host: string): boolean {
  return /(^|\.)amazonaws\.com(\.cn)?$/.test(host)
}

/** The region that one of Amazon's ordinary host names stands for; undefined for special ones and for other hosts. */
function amazonRegion(host: string): string | undefined {
  if (host === 's3.amazonaws.com') return 'us-east-1'
  return /^s3[.-]([a-z]+(?:-[a-z]+)+-\d)\.amazonaws\.com(?:\.cn)?$/.exec(host)?.[1]
}

function usesPathStyle(style: 'auto' | 'path' | 'dns', host: string, bucket: string): boolean {
  if (style !== 'auto') return style === 'path'
  // A bucket with a dot in its name does not fit Amazon's certificate as part of the host name.
  return bucket.includes('.') || !(isAmazon(host) || /(^|\.)aliyuncs\.com$/.test(host))
}

function credentials({ accessKeyId, secretAccessKey, sessionToken }: S3ClientOptions): object {
  if (accessKeyId === undefined || secretAccessKey === undefined) return {}
  return { credentials: { accessKeyId, secretAccessKey, ...(sessionToken === undefined ? {} : { sessionToken }) } }
}
