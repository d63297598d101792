import type { ErrorDefinition } from './error-definition.ts'

/** What the catalogue of the control plane answers, and how its runs end when they do not end by themselves. */
export const catalogueErrors = {
  CATALOGUE_UNREACHABLE: {
    exitCode: 1,
    retryable: true,
    message: 'catalogue {catalogue} cannot be reached: {reason}',
    hint: 'Start its PostgreSQL server and check `catalogue.connection`; what waits goes on by itself when it answers again.',
  },
  CATALOGUE_DENIED: {
    exitCode: 1,
    retryable: false,
    message: 'catalogue {catalogue} refuses access: {reason}',
    hint: 'Check user, password and permissions of `catalogue` in the configuration file.',
  },
  CATALOGUE_BUSY: {
    exitCode: 1,
    retryable: true,
    message: 'catalogue {catalogue} stayed locked by another process for {seconds} s',
    hint: 'Look for a process that has it open and does not go on, such as a database browser with a transaction of its own.',
  },
  CATALOGUE_FULL: {
    exitCode: 1,
    retryable: true,
    message: 'no space left for catalogue {catalogue}',
    hint: 'Free space on its disk; nothing that was acknowledged is lost, and writing goes on by itself afterwards.',
  },
  CATALOGUE_CORRUPT: {
    exitCode: 1,
    retryable: false,
    message: 'catalogue {catalogue} is damaged: {reason}',
    hint: 'Move it away (with the files -wal and -shm beside it) and run `holdfast catalogue rebuild`: snapshots and proofs are read from the repositories again.',
  },
  CATALOGUE_NEWER: {
    exitCode: 1,
    retryable: false,
    message:
      'catalogue {catalogue} was written by a newer Holdfast: its version is {version}, this program knows {known}',
    hint: 'Install that newer version everywhere; a catalogue is never taken back to an older one.',
  },
  RUN_TIMED_OUT: {
    exitCode: 1,
    retryable: false,
    message: '{operation} of {subject} was stopped after {limit}, its time limit',
    hint: 'Look at what it waited for with `holdfast runs`, or raise `timeout` of the source or its tier.',
  },
  RUN_LOST: {
    exitCode: 1,
    retryable: true,
    message: '{worker} stopped working on {operation} of {subject} without a word',
    hint: 'Look whether that process was killed or its machine restarted; snapshots that were begun are not in the repository.',
  },
  RUN_UNEXPECTED: {
    exitCode: 1,
    retryable: false,
    message: '{operation} of {subject} failed in a way that was not foreseen: {reason}',
    hint: 'Report it with this message; it is a mistake of the program.',
  },
} as const satisfies Record<string, ErrorDefinition>
