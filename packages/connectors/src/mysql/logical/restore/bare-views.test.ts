import { expect, it } from 'vitest'
import { bareViews } from './bare-views.ts'

async function bare(text: string, database: string): Promise<string> {
  async function* chunks() {
    for (const byte of Buffer.from(text)) yield Buffer.of(byte)
  }
  const parts: Uint8Array[] = []
  for await (const bytes of bareViews(chunks(), database)) parts.push(bytes)
  return Buffer.concat(parts).toString('utf8')
}

it('leaves the name of the database out before columns, and nowhere else', async () => {
  const view =
    "/*!50001 VIEW `v` AS select `a``b`.`t`.`é` AS `é`,'`a``b`.`t`.`x`' AS `x` from (`t` join `a``b`.`u`) */;"
  const text = `USE \`a\`\`b\`;\n${view}\nSELECT \`a\`\`b\`.\`t\`.\`i\`;\n`
  expect(await bare(text, 'a`b')).toBe(text.replace('`a``b`.`t`.`é`', '`t`.`é`'))
  expect(await bare(text, 'a')).toBe(text)
})
