import { countOf } from '@holdfast/core/units/count-of'
import { readChannelState } from '../../notification/channel-state.ts'
import { deadManMark, parseDeadManState } from '../../notification/dead-man-state.ts'
import type { Facts } from '../../planning/facts.ts'
import type { Detector } from '../detector.ts'
import type { Observation } from '../finding.ts'
import { parseConfigError } from '../noted-state.ts'
import { agoText } from '../wording.ts'

/** One failure may be the network; more are not. */
const toleratedFailures = 3

/** The configuration file cannot be used, or messages do not get out. */
export const detectConfiguration: Detector = ({ facts }) => ({
  observations: [...refusedFile(facts), ...silentChannels(facts), ...silentSwitch(facts)],
  unseen: [],
})

function refusedFile({ marks, now }: Facts): Observation[] {
  const error = parseConfigError(marks.get('config/error'))
  if (error === undefined) return []
  return [
    {
      kind: 'configuration',
      severity: 'warning',
      subject: {},
      about: 'file',
      title: 'the configuration file has an error; the one before it goes on',
      detail: `Since ${agoText(error.at, now)}:\n${error.message}\nCorrect it; \`holdfast config check\` says whether it is right.`,
      figures: {},
    },
  ]
}

function silentChannels({ config, marks }: Facts): Observation[] {
  return [...config.notifications.channels.keys()].flatMap((channel) => {
    const { failures, error } = readChannelState(marks, channel)
    if (failures < toleratedFailures) return []
    return [
      {
        kind: 'configuration' as const,
        severity: 'warning' as const,
        subject: {},
        about: `channel/${channel}`,
        title: `messages do not reach channel ${channel}`,
        detail: `${countOf(failures, 'attempt')} failed, the last with: ${error ?? 'unknown'}. It is tried again by itself; \`holdfast notify test ${channel}\` tries it now.`,
        figures: { failures },
      },
    ]
  })
}

function silentSwitch({ config, marks }: Facts): Observation[] {
  if (config.notifications.deadManSwitch === undefined) return []
  const { failures, error } = parseDeadManState(marks.get(deadManMark))
  if (failures < toleratedFailures) return []
  return [
    {
      kind: 'configuration',
      severity: 'warning',
      subject: {},
      about: 'dead-man-switch',
      title: "the dead man's switch cannot be reached",
      detail: `${countOf(failures, 'attempt')} failed, the last with: ${error ?? 'unknown'}. The service will raise a false alarm, or has lost its address: check notifications.deadManSwitch.`,
      figures: { failures },
    },
  ]
}
