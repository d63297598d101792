import { EventEmitter } from 'node:events'
import type { Connection } from 'mysql2'
import type { Context } from '@holdfast/core/context'
import { AppError } from '@holdfast/core/errors/app-error'
import { dropDriver, openDriver } from '../connection/connect.ts'
import { describeMysqlTarget, type MysqlTarget } from '../connection/target.ts'
import { type BinlogEvent, readEvent } from './binlog-event.ts'

export interface BinlogStart {
  readonly file: string
  /** from 4 on */
  readonly position: number
  readonly serverId: number
  readonly family: 'mariadb' | 'mysql'
  /** the server tells so often that it is there although nothing is written */
  readonly heartbeatMs: number
}

const mostWaitingBytes = 8 << 20
const lowWaterBytes = 2 << 20
/** nothing at all came for so many heartbeats */
const missedHeartbeats = 15

/**
 * The events of a server's binary log from a position on, through all later files, until the signal is aborted ("Binlog
 * Network Stream" in MySQL's documentation). The driver logs in and divides packets; what it makes of events is not wanted,
 * since only their bytes can be kept and replayed. Fails with MYSQL_BINLOG_PURGED, MYSQL_SERVER_ID_TAKEN,
 * MYSQL_PRIVILEGE_MISSING, MYSQL_CONNECTION_LOST and the codes of `connectMysql`.
 */
export async function* streamBinlog(
  target: MysqlTarget,
  start: BinlogStart,
  ctx: Context,
): AsyncGenerator<BinlogEvent, void, undefined> {
  const host = describeMysqlTarget(target)
  const raw = await openDriver(target, ctx)
  const queue = new EventQueue(raw)
  const onAbort = (): void => queue.end(undefined)
  ctx.signal.addEventListener('abort', onAbort, { once: true })
  raw.on('error', (error) =>
    queue.end(new AppError('MYSQL_CONNECTION_LOST', { host, reason: error.message }, { cause: error })),
  )
  raw.on('end', () => queue.end(new AppError('MYSQL_CONNECTION_LOST', { host, reason: 'the server closed it' })))
  try {
    for (const statement of preparation(start)) await run(raw, statement, host)
    // boundary: the driver's own commands are objects like this one, and its types do not tell of `addCommand`
    const driver = raw as unknown as { addCommand(command: unknown): void }
    driver.addCommand(dumpCommand(start, (payload) => receive(payload, queue, { host, user: target.user, start })))
    for (;;) {
      const event = await queue.next(start.heartbeatMs * missedHeartbeats, host)
      if (event === undefined) return
      yield event
    }
  } finally {
    ctx.signal.removeEventListener('abort', onAbort)
    dropDriver(raw)
  }
}

/** The server must know that we understand checksums and GTIDs, and that it shall tell when nothing happens. */
function preparation({ family, heartbeatMs }: BinlogStart): string[] {
  const heartbeat = BigInt(heartbeatMs) * 1_000_000n
  const both = [`SET @master_heartbeat_period = ${heartbeat}`, 'SET @master_binlog_checksum = @@global.binlog_checksum']
  if (family === 'mariadb') return [...both, 'SET @mariadb_slave_capability = 4']
  return [
    ...both,
    `SET @source_heartbeat_period = ${heartbeat}`,
    'SET @source_binlog_checksum = @@global.binlog_checksum',
  ]
}

function run(raw: Connection, statement: string, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    raw.query(statement, (error) => {
      if (error === null) resolve()
      else reject(new AppError('MYSQL_CONNECTION_LOST', { host, reason: error.message }, { cause: error }))
    })
  })
}

/** with annotations, so that what is kept equals the server's own file */
const sendAnnotations = 2

function dumpCommand({ file, position, serverId }: BinlogStart, receivePayload: (payload: Buffer) => void): unknown {
  const name = Buffer.from(file)
  // 4 bytes for the packet's own header
  const buffer = Buffer.alloc(4 + 11 + name.length)
  buffer[4] = 0x12
  buffer.writeUInt32LE(position, 5)
  buffer.writeUInt16LE(sendAnnotations, 9)
  buffer.writeUInt32LE(serverId, 11)
  name.copy(buffer, 15)
  const request = {
    buffer,
    length: () => buffer.length - 4,
    writeHeader(sequenceId: number) {
      buffer.writeUIntLE(buffer.length - 4, 0, 3)
      buffer[3] = sequenceId
    },
  }
  let isSent = false
  return Object.assign(new EventEmitter(), {
    stateName: () => 'binlog',
    execute(packet: { buffer: Buffer; offset: number; end: number } | undefined, connection: DriverInternals): boolean {
      if (!isSent) {
        isSent = true
        connection._resetSequenceId()
        connection.writePacket(request)
      } else if (packet !== undefined) receivePayload(packet.buffer.subarray(packet.offset, packet.end))
      return false
    },
  })
}

interface DriverInternals {
  _resetSequenceId(): void
  writePacket(packet: unknown): void
}

function receive(
  payload: Buffer,
  queue: EventQueue,
  { host, user, start }: { readonly host: string; readonly user: string; readonly start: BinlogStart },
): void {
  const [kind] = payload
  if (kind === 0) {
    // the driver uses its buffers again
    const event = readEvent(Buffer.from(payload.subarray(1)))
    if (event === undefined)
      queue.end(new AppError('MYSQL_CONNECTION_LOST', { host, reason: 'it sends what is no event' }))
    else queue.push(event)
  } else if (kind === 0xff) queue.end(dumpError(payload, host, user, start))
  else queue.end(new AppError('MYSQL_CONNECTION_LOST', { host, reason: 'the server ended the log' }))
}

function dumpError(payload: Buffer, host: string, user: string, { serverId }: BinlogStart): AppError {
  const number = payload.readUInt16LE(1)
  const reason = payload.toString('utf8', 3).replace(/^#[0-9A-Z]{5}/, '')
  if (/same server[_ ](?:uuid|id)/i.test(reason)) return new AppError('MYSQL_SERVER_ID_TAKEN', { host, serverId })
  if (number === 1236) return new AppError('MYSQL_BINLOG_PURGED', { host, reason })
  if (number === 1227 || number === 1045 || number === 1142) {
    const advice = `Run GRANT REPLICATION SLAVE ON *.* TO the account of ${user}, as an administrator.`
    return new AppError('MYSQL_PRIVILEGE_MISSING', { host, user, reason, advice })
  }
  return new AppError('MYSQL_CONNECTION_LOST', { host, reason: `${reason} (error ${number})` })
}

/** Between the driver, which pushes, and the reader, who pulls: stops the one while the other is busy. */
class EventQueue {
  readonly #raw: Connection
  readonly #waiting: BinlogEvent[] = []
  #bytes = 0
  #isPaused = false
  #ended: { readonly error: AppError | undefined } | undefined
  #wake = (): void => {}

  constructor(raw: Connection) {
    this.#raw = raw
  }

  push(event: BinlogEvent): void {
    this.#waiting.push(event)
    this.#bytes += event.bytes.length
    if (this.#bytes > mostWaitingBytes && !this.#isPaused) {
      this.#isPaused = true
      this.#raw.pause()
    }
    this.#wake()
  }

  end(error: AppError | undefined): void {
    this.#ended ??= { error }
    this.#wake()
  }

  /** undefined when it was ended in order; what came before an error is given first */
  async next(silenceLimitMs: number, host: string): Promise<BinlogEvent | undefined> {
    for (;;) {
      const event = this.#waiting.shift()
      if (event !== undefined) {
        this.#bytes -= event.bytes.length
        if (this.#isPaused && this.#bytes < lowWaterBytes) {
          this.#isPaused = false
          this.#raw.resume()
        }
        return event
      }
      if (this.#ended?.error !== undefined) throw this.#ended.error
      if (this.#ended !== undefined) return undefined
      await this.#news(silenceLimitMs, host)
    }
  }

  #news(silenceLimitMs: number, host: string): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        this.end(
          new AppError('MYSQL_CONNECTION_LOST', { host, reason: 'nothing came for too long, not even heartbeats' }),
        )
      }, silenceLimitMs)
      this.#wake = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  }
}
