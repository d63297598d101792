import { isSettingMap, mapAt } from '@holdfast/core/config/setting'
import type { AnswersOf } from './answers-of.ts'
import type { ApiSurroundings } from './api-surroundings.ts'
import { configSeenBy } from './seen-by.ts'

export function createTierAnswers({ config, served }: ApiSurroundings): AnswersOf<'tiers'> {
  return {
    async 'tiers.list'(_input, caller) {
      const sources = [...configSeenBy(caller, config()).sources.values()]
      const tiers = Object.entries(mapAt(served().shown, 'tiers'))
      return {
        tiers: tiers.map(([name, settings]) => ({
          name,
          settings: isSettingMap(settings) ? settings : {},
          sources: sources.filter(({ tier }) => tier === name).map((source) => source.name),
        })),
      }
    },
  }
}
