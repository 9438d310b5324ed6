import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

const css = readFileSync('src/shared/look/tokens.css', 'utf8')

function tokens(block: string): Record<string, string> {
  return Object.fromEntries([...block.matchAll(/--([\w-]+):\s*(#[0-9a-f]{6})/gi)].map((found) => [found[1] ?? '', found[2] ?? '']))
}

const [lightBlock = '', darkBlock = ''] = css.split(":root[data-theme='dark']")
const themes = { light: tokens(lightBlock), dark: { ...tokens(lightBlock), ...tokens(darkBlock) } }

/** WCAG 2.2, relative luminance. */
function luminance(hex: string): number {
  const [r = 0, g = 0, b = 0] = [1, 3, 5].map((at) => {
    const part = parseInt(hex.slice(at, at + 2), 16) / 255
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4
  })
  return 0.2126 * r + 0.7152 * g + 0.0722 * b
}

function contrast(a: string, b: string): number {
  const [x, y] = [luminance(a), luminance(b)]
  return (Math.max(x, y) + 0.05) / (Math.min(x, y) + 0.05)
}

const TEXT: [string, string[]][] = [
  ['ink', ['ground', 'ground-list', 'ground-rail', 'ground-raised', 'ground-selected', 'ground-press', 'accent-soft', 'mark']],
  ['ink-2', ['ground', 'ground-list', 'ground-rail', 'ground-raised', 'ground-selected', 'ground-press', 'ground-sunk']],
  ['ink-3', ['ground', 'ground-list', 'ground-rail', 'ground-raised', 'ground-hover', 'ground-selected', 'ground-sunk']],
  ['accent-ink', ['ground', 'ground-list', 'ground-raised', 'ground-selected', 'accent-soft']],
  ['on-accent', ['accent', 'accent-hover', 'accent-press']],
  ['red', ['ground', 'ground-raised', 'red-soft']],
  ['amber', ['ground', 'ground-list', 'ground-selected', 'ground-hover', 'amber-soft']],
]

for (const [name, colours] of Object.entries(themes)) {
  test(`text can be read in ${name} (AA, 4.5:1)`, () => {
    for (const [ink, grounds] of TEXT) {
      for (const ground of grounds) expect(contrast(colours[ink] ?? '', colours[ground] ?? ''), `${ink} on ${ground}`).toBeGreaterThanOrEqual(4.5)
    }
  })

  test(`fields and focus can be seen in ${name} (3:1)`, () => {
    for (const line of ['line-field', 'focus']) {
      for (const ground of ['ground', 'ground-list']) expect(contrast(colours[line] ?? '', colours[ground] ?? ''), `${line} on ${ground}`).toBeGreaterThanOrEqual(3)
    }
  })
}
