/** What a location does not say: credentials, limits, and how to treat the store. Read from the environment by the CLI. */
export interface StorageOptions {
  readonly s3?: S3Options
  readonly rest?: RestOptions
  /** how many requests at once, instead of what the backend thinks useful */
  readonly connections?: number
  readonly uploadBytesPerSecond?: number
  readonly downloadBytesPerSecond?: number
  /** Where to keep index, snapshot and tree files for the next run; false for nowhere. Used once the repository's id is known. */
  readonly cacheDirectory?: string | false
}

export interface S3Options {
  /** Absent with its secret: the SDK's own chain (instance roles, shared configuration), for Amazon's hosts only. */
  readonly accessKeyId?: string
  readonly secretAccessKey?: string
  readonly sessionToken?: string
  readonly region?: string
  /** for packs of file data; everything else stays in the bucket's default class, to be readable at once */
  readonly storageClass?: string
  /** `auto`: the bucket in the host name for Amazon's hosts, in the path for all others */
  readonly pathStyle?: 'auto' | 'path' | 'dns'
  /** `AES256` or `aws:kms` */
  readonly serverSideEncryption?: string
  readonly sseKmsKeyId?: string
  /** Everything but locks is kept from deletion for this long. The bucket must have been created with object lock. */
  readonly objectLock?: { readonly mode: 'GOVERNANCE' | 'COMPLIANCE'; readonly retainForMs: number }
  /** PEM file of certificate authorities to trust */
  readonly caFile?: string
}

export interface RestOptions {
  /** used when the location names no user */
  readonly username?: string
  readonly password?: string
  /** PEM file of certificate authorities to trust */
  readonly caFile?: string
  /** PEM file with a certificate and its key */
  readonly clientCertFile?: string
  /** accept any certificate: for experiments only */
  readonly insecureTls?: boolean
}
