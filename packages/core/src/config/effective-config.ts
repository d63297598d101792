import type { AccessSettings } from './access-settings.ts'
import type { SecretReference } from './secret-reference.ts'

/**
 * What holds for each thing after defaults, tiers and sources have been put together: the only form of the
 * configuration that the control plane works with. Durations are milliseconds, sizes bytes, names unique within their
 * kind. Where each value came from is answered by `origins`.
 */
export interface EffectiveConfig {
  /** the name of this machine in snapshots and leases */
  readonly host: string
  /** IANA name; schedules that name no zone of their own are in this one */
  readonly timeZone: string
  readonly catalogue: CatalogueSettings
  readonly repositories: ReadonlyMap<string, RepositorySettings>
  readonly sources: ReadonlyMap<string, SourceSettings>
  readonly agents: ReadonlyMap<string, AgentSettings>
  readonly applications: ReadonlyMap<string, ApplicationSettings>
  readonly notifications: NotificationSettings
  readonly server: ServerSettings
  /** path of a value ("sources.shop.keep.daily") → where it was said */
  readonly origins: ReadonlyMap<string, Origin>
}

/** `file` and `line` (from 1) only where the value was written down. */
export interface Origin {
  readonly from: 'default' | 'tier' | 'source' | 'repository' | 'file'
  /** name of the tier or source it was taken from */
  readonly name?: string
  readonly file?: string
  readonly line?: number
}

export type CatalogueSettings =
  | { readonly type: 'sqlite'; readonly path: string }
  | { readonly type: 'postgresql'; readonly connection: SecretReference }

/** `jitterMs`: a fire is put off by a constant, source-dependent part of this, so that not all start at once. */
export interface ScheduleSettings {
  readonly cron: string
  readonly timeZone: string
  readonly jitterMs: number
}

/** "22:00-06:00" of a day's clock in a zone; may cross midnight. `days`: 0 (Sunday) to 6, all when absent. */
export interface WindowSettings {
  readonly startMinute: number
  readonly endMinute: number
  readonly timeZone: string
  readonly days?: readonly number[]
}

export interface KeepSettings {
  readonly last?: number
  readonly hourly?: number
  readonly daily?: number
  readonly weekly?: number
  readonly monthly?: number
  readonly yearly?: number
  /** restic's durations: "30d", "1y6m" */
  readonly within?: string
}

export interface RepositorySettings {
  readonly name: string
  /** as `--repo` takes it: "/srv/backup", "s3:https://host/bucket", "rest:https://…" */
  readonly location: string
  readonly password: SecretReference
  /** what the location's backend needs, named as the environment variables are: AWS_ACCESS_KEY_ID … */
  readonly variables: ReadonlyMap<string, SecretReference>
  /** storage options as `-o key=value` takes them */
  readonly options: ReadonlyMap<string, string>
  readonly medium: string
  readonly isOffSite: boolean
  readonly isImmutable: boolean
  /** where its bytes lie, compared with what sources allow: { region: "eu" } */
  readonly residency: ReadonlyMap<string, string>
  readonly prune: { readonly schedule: ScheduleSettings; readonly window?: WindowSettings; readonly maxUnused: string }
  readonly check: {
    readonly schedule: ScheduleSettings
    /** all data is read again within this time */ readonly readAllWithinMs: number
  }
  readonly price?: PriceSettings
  readonly limits: {
    readonly concurrency: number
    readonly uploadBytesPerSecond?: number
    readonly downloadBytesPerSecond?: number
  }
  /** capacity, for the forecast of when it is full */
  readonly capacityBytes?: number
}

/** Money per GiB and month, per GiB out, per 1000 requests; `currency` is only shown. */
export interface PriceSettings {
  readonly currency: string
  readonly storedGibMonth: number
  readonly readGib: number
  readonly thousandRequests: number
  /** objects deleted sooner are paid for until then */
  readonly minimumDays: number
}

/** What a tier promises, with what a source said itself put over it. */
export interface PromiseSettings {
  readonly tier: string
  /** absent: nothing is promised */
  readonly rpoMs?: number
  readonly rtoMs?: number
  readonly backup: ScheduleSettings
  readonly log: 'continuous' | 'off'
  /** in the order of `repositories`: the first is written by the backup itself */
  readonly repositories: readonly string[]
  /** `fan-out`: one reading of the source is written to all; `copy`: to the first, from there to the others */
  readonly copyMethod: 'fan-out' | 'copy'
  /** per repository: the tier's, or the repository's own */
  readonly keep: ReadonlyMap<string, KeepSettings>
  readonly prove: { readonly newest?: ScheduleSettings; readonly random?: ScheduleSettings }
  readonly blackouts: readonly WindowSettings[]
  readonly timeoutMs: number
  readonly retries: number
}

export interface SourceSettings extends PromiseSettings {
  readonly name: string
  readonly labels: ReadonlyMap<string, string>
  /** residency labels that a repository must have to hold this source; empty: any */
  readonly residency: ReadonlyMap<string, readonly string[]>
  readonly workload: WorkloadSettings
  /** who backs it up; absent: a server */
  readonly agent?: string
  readonly anomaly: AnomalySettings
}

/** A kind of workload adds one member here and one schema beside `source-schema.ts`. */
export type WorkloadSettings = FilesWorkload | CommandWorkload | PostgresWorkload | MysqlWorkload

export interface FilesWorkload {
  readonly type: 'files'
  readonly paths: readonly string[]
  readonly excludes: readonly string[]
  readonly excludeCaches: boolean
  readonly oneFileSystem: boolean
}

export interface CommandWorkload {
  readonly type: 'command'
  readonly command: readonly string[]
  /** name of the file in the snapshot */
  readonly fileName: string
  /** fewer bytes than this are a failure */
  readonly minimumBytes: number
}

export interface PostgresWorkload {
  readonly type: 'postgresql'
  /** URI or key=value words; the password apart, or in a .pgpass */
  readonly connection: SecretReference
  readonly password?: SecretReference
  readonly method: 'wire' | 'direct' | 'logical'
  readonly dataDirectory?: string
  readonly databases: readonly string[]
  readonly slot: string
  readonly flushEveryMs: number
  /** SQL that must give true in a proof: database → statement */
  readonly assertions: readonly { readonly database: string; readonly sql: string }[]
}

/** MySQL and MariaDB: the server says which of the two it is. */
export interface MysqlWorkload {
  readonly type: 'mysql'
  /** mysql://… or mariadb://…; the password apart, or in a .my.cnf */
  readonly connection: SecretReference
  readonly password?: SecretReference
  /** `direct`: the files of the data directory, by a program on this machine */
  readonly method: 'logical' | 'direct'
  readonly dataDirectory?: string
  /** all when empty */
  readonly databases: readonly string[]
  readonly lockAllTables: boolean
  /** dump programs that work at once */
  readonly parallelDumps: number
  /** of the follower; absent: made of the source's name */
  readonly serverId?: number
  readonly flushEveryMs: number
  /** SQL that must give true in a proof: database → statement */
  readonly assertions: readonly { readonly database: string; readonly sql: string }[]
}

/** How far a backup may differ from those before it: parts of one (0.5 = half). */
export interface AnomalySettings {
  readonly smallerBy: number
  readonly largerBy: number
  readonly churn: number
  readonly slowerBy: number
  readonly rowsDropBy: number
}

/** A machine that backs up its own sources with `holdfast agent`. */
export interface AgentSettings {
  readonly name: string
  /** how it reaches repositories: by itself, or through the server's gateway with this role */
  readonly gateway: 'off' | 'append-only' | 'write-only'
  /** runs at once */
  readonly concurrency: number
  /** what the gateway takes from it in a day; absent: as much as comes */
  readonly storesPerDayBytes?: number
}

export interface ApplicationSettings {
  readonly name: string
  readonly sources: readonly string[]
}

export interface ServerSettings extends AccessSettings {
  /** "127.0.0.1:8090"; port 0: any free one */
  readonly listen: { readonly host: string; readonly port: number }
  readonly concurrency: { readonly host: number; readonly source: number }
  /** the configuration file is looked at so often */
  readonly reloadEveryMs: number
  /** look daily for what keeps data on this machine and is not protected */
  readonly discovery: boolean
  /** absolute; below them the API may restore to this machine */
  readonly restoreTo: readonly string[]
  /** whether it may make new databases on the servers of sources */
  readonly restoreDatabases: boolean
}

export type Severity = 'info' | 'warning' | 'critical'

export interface NotificationSettings {
  readonly channels: ReadonlyMap<string, ChannelSettings>
  readonly routes: readonly RouteSettings[]
  readonly deadManSwitch?: { readonly url: SecretReference; readonly everyMs: number }
}

/** The first route that fits decides, unless it says `andOthers`. */
export interface RouteSettings {
  readonly minimumSeverity: Severity
  /** all when empty */
  readonly tiers: readonly string[]
  readonly sources: readonly string[]
  readonly channels: readonly string[]
  readonly andOthers: boolean
  /** findings of this long are sent as one message */
  readonly groupForMs: number
  /** an open finding is sent again after this; absent: never */
  readonly repeatEveryMs?: number
  /** held back in this window, except critical ones */
  readonly quietHours?: WindowSettings
  readonly sendResolved: boolean
}

export type ChannelSettings = { readonly name: string } & (
  | { readonly type: 'slack' | 'discord'; readonly url: SecretReference }
  | {
      readonly type: 'email'
      readonly smtp: {
        readonly host: string
        readonly port: number
        readonly user?: string
        readonly password?: SecretReference
        readonly tls: 'always' | 'starttls' | 'never'
      }
      readonly from: string
      readonly to: readonly string[]
    }
  | { readonly type: 'pagerduty'; readonly routingKey: SecretReference; readonly url: string }
  | { readonly type: 'telegram'; readonly token: SecretReference; readonly chat: string; readonly url: string }
  | { readonly type: 'ntfy'; readonly url: SecretReference; readonly token?: SecretReference }
  | { readonly type: 'webhook'; readonly url: SecretReference; readonly signingSecret?: SecretReference }
  | { readonly type: 'command'; readonly command: readonly string[] }
)
