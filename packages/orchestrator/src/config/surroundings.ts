/** What a configuration takes from the machine it is read on. Given by the app; nothing else is looked at. */
export interface ConfigSurroundings {
  /** reads one environment variable; undefined when it is not set */
  readonly variables: (name: string) => string | undefined
  readonly hostname: string
  /** IANA name of this machine's zone */
  readonly timeZone: string
  /** where Holdfast keeps what it remembers, unless the configuration says so */
  readonly stateDirectory: string
  /** A text that is to be checked in place of what the main file holds. */
  readonly proposal?: ProposedText
}

/** From outside: what it may make this machine read is limited. */
export interface ProposedText {
  readonly text: string
  /** whether it may include this file, or look for files to include in this directory */
  mayRead(path: string): boolean
}
