import type { Output } from '../output/output.ts'

/** One line of the quick start's report; `title` is empty where a line goes on about the same. */
export function reportRow(output: Output, title: string, text: string): void {
  output.line(`  ${title.padEnd(15)}${text}`)
}
