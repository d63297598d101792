import { describe, expect, it } from 'vitest'
import { recoveryLines, type RecoverySettings, settingLine } from './recovery-settings.ts'

const settings: RecoverySettings = {
  stop: { type: 'end' },
  inclusive: true,
  timeline: 'latest',
  action: 'promote',
  walDirectory: '/srv/recovered-wal',
}

describe('recoveryLines', () => {
  it('names the one target and empties all others, so that none of an earlier recovery is left', () => {
    const lines = recoveryLines({ ...settings, stop: { type: 'time', time: '2026-11-20T05:29:59.123456Z' } })
    expect(lines).toContain("recovery_target_time = '2026-11-20 05:29:59.123456+00'")
    for (const other of ['recovery_target', 'recovery_target_lsn', 'recovery_target_xid', 'recovery_target_name']) {
      expect(lines).toContain(`${other} = ''`)
    }
  })

  it('sets the target after it emptied the others, because the server looks at them one after the other', () => {
    const lines = recoveryLines({ ...settings, stop: { type: 'consistent' } })
    expect(lines.findLast((line) => /^recovery_target(?:_time|_lsn|_xid|_name)? = /.test(line))).toBe(
      "recovery_target = 'immediate'",
    )
  })

  it('stops nowhere when everything is wanted', () => {
    const targets = recoveryLines(settings).filter((line) => /^recovery_target(?:_time|_lsn|_xid|_name)? = /.test(line))
    expect(targets).toHaveLength(5)
    expect(targets.every((line) => line.endsWith(" = ''"))).toBe(true)
  })

  it('keeps a path with a quote, a percent sign and a backslash whole on its way to the shell', () => {
    const [line = ''] = recoveryLines({ ...settings, walDirectory: String.raw`/a'b/50%/c\d` })
    expect(line).toBe(String.raw`restore_command = 'cp ''/a''\\''''b/50%%/c\\d''/%f "%p"'`)
  })
})

describe('settingLine', () => {
  it('doubles quotes and backslashes', () => {
    expect(settingLine('a', String.raw`x'\y`)).toBe(String.raw`a = 'x''\\y'`)
  })
})
