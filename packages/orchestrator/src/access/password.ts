import { argon2, type Argon2Parameters, randomBytes, timingSafeEqual } from 'node:crypto'
import { AppError } from '@holdfast/core/errors/app-error'

/**
 * What a password costs to try, for us once and for a thief each time: argon2id with 19 MiB, twice over (the OWASP
 * password storage cheat sheet's first choice). Kept with each hash, so that these may grow.
 */
const cost = { memory: 19_456, passes: 2, parallelism: 1 }
const nonceBytes = 16
const hashBytes = 32
/** More at once would only take memory, and the threads that read files. */
const atOnce = 2
const passwordLengths = { least: 12, most: 256 } as const

/**
 * "$argon2id$v=19$m=…,t=…,p=…$<nonce>$<hash>", as argon2's own tool writes it.
 * @throws AppError PASSWORD_UNFIT
 */
export async function hashPassword(password: string, user: string): Promise<string> {
  refuseUnfit(password, user)
  const nonce = randomBytes(nonceBytes)
  const hash = await derive(password, { ...cost, nonce, tagLength: hashBytes })
  const { memory, passes, parallelism } = cost
  return `$argon2id$v=19$m=${memory},t=${passes},p=${parallelism}$${encode(nonce)}$${encode(hash)}`
}

/**
 * Whether the password is the one of the hash. Without a hash (no such user, or one who signs in elsewhere) it takes as
 * long, so that nobody learns from a clock who is known.
 */
export async function matchesPassword(password: string, hash: string | undefined): Promise<boolean> {
  const kept = parse(hash ?? '')
  const { expected, ...parameters } = kept ?? {
    ...cost,
    nonce: Buffer.alloc(nonceBytes),
    tagLength: hashBytes,
    expected: Buffer.alloc(hashBytes),
  }
  // not to be had for less than the work, nor for more of it than anyone's password is worth
  const tried = await derive(password.slice(0, passwordLengths.most + 1), parameters)
  return timingSafeEqual(tried, expected) && kept !== undefined && password.length <= passwordLengths.most
}

function refuseUnfit(password: string, user: string): void {
  const reason = unfitness(password, user)
  if (reason !== undefined) throw new AppError('PASSWORD_UNFIT', { reason })
}

/** Length is what counts (NIST SP 800-63B, 3.1.1.2); no rules of letters and digits. */
function unfitness(password: string, user: string): string | undefined {
  const { least, most } = passwordLengths
  if ([...password].length < least) return `it has fewer than ${least} characters`
  if (password.length > most) return `it has more than ${most} characters`
  if (password.toLowerCase().includes(user.toLowerCase()) && password.length < user.length + least) {
    return 'it is little more than the name of the user'
  }
  if (new Set(password).size < 4) return 'it repeats the same few characters'
  return undefined
}

type Parameters = Omit<Argon2Parameters, 'message'>

let working = 0
const waiting: (() => void)[] = []

async function derive(password: string, parameters: Parameters): Promise<Buffer> {
  while (working >= atOnce) await new Promise<void>((resolve) => waiting.push(resolve))
  working += 1
  try {
    return await new Promise<Buffer>((resolve, reject) => {
      // the same characters may be typed as different code points
      const message = password.normalize('NFKC')
      argon2('argon2id', { message, ...parameters }, (error, hash) => (error === null ? resolve(hash) : reject(error)))
    })
  } finally {
    working -= 1
    waiting.shift()?.()
  }
}

function parse(hash: string): (Parameters & { readonly expected: Buffer }) | undefined {
  const [, memory, passes, parallelism, nonce = '', expected = ''] =
    /^\$argon2id\$v=19\$m=(\d+),t=(\d+),p=(\d+)\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)$/.exec(hash) ?? []
  if (expected === '') return undefined
  const numbers = { memory: Number(memory), passes: Number(passes), parallelism: Number(parallelism) }
  const bytes = Buffer.from(expected, 'base64')
  return { ...numbers, nonce: Buffer.from(nonce, 'base64'), tagLength: bytes.length, expected: bytes }
}

/** Without padding, as the format has it. */
function encode(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64').replaceAll('=', '')
}
