/** How a mail is shown on a dark page: on its own ink when it brings no ground, else as a sheet of paper. */
export function darken(page: Document): 'ink' | 'paper' {
  const root = page.documentElement
  const style = page.defaultView?.getComputedStyle.bind(page.defaultView)
  if (!style) return 'paper'
  const all = [...page.body.querySelectorAll<HTMLElement>('*')]
  // A newsletter of thousands of cells has grounds of its own; measuring each would be felt.
  if (all.length > MOST || page.body.querySelector('[background], style')?.textContent.includes('background')) return paper(root)
  for (const element of all) {
    const ground = readColour(style(element).backgroundColor)
    if (ground && ground.a > 0.1 && !nearWhite(ground)) return paper(root)
  }
  root.dataset.dark = 'ink'
  for (const element of all) {
    const own = element.getAttribute('style') ?? ''
    if (element.hasAttribute('bgcolor') || /background/i.test(own)) element.style.setProperty('background', 'transparent', 'important')
    if (!element.hasAttribute('color') && !/(^|;|\s)color\s*:/i.test(own)) continue
    const ink = readColour(style(element).color)
    if (ink && lightness(ink) < 0.55) element.style.setProperty('color', lighten(ink), 'important')
  }
  return 'ink'
}

const MOST = 4_000

function paper(root: HTMLElement): 'paper' {
  root.dataset.dark = 'paper'
  return 'paper'
}

interface Colour {
  r: number
  g: number
  b: number
  a: number
}

export function readColour(text: string): Colour | null {
  const found = /^rgba?\(([\d.]+),? ([\d.]+),? ([\d.]+)(?:(?:,| \/) ([\d.]+))?\)$/.exec(text)
  if (!found) return null
  return { r: Number(found[1]), g: Number(found[2]), b: Number(found[3]), a: found[4] === undefined ? 1 : Number(found[4]) }
}

function nearWhite({ r, g, b }: Colour): boolean {
  return Math.min(r, g, b) > 238
}

function lightness({ r, g, b }: Colour): number {
  return (Math.max(r, g, b) + Math.min(r, g, b)) / 510
}

/** The same hue at the mirrored lightness: black becomes the page's ink, dark red a light red. */
export function lighten({ r, g, b }: Colour): string {
  const max = Math.max(r, g, b)
  const min = Math.min(r, g, b)
  const light = (max + min) / 510
  const target = Math.max(0.68, 0.92 - light * 0.4)
  if (max === min) return `hsl(40 12% ${Math.round(target * 100)}%)`
  const hue = hueOf(r, g, b, max, min)
  const saturation = Math.round(Math.min(0.75, (max - min) / 255 / (1 - Math.abs(2 * light - 1))) * 100)
  return `hsl(${Math.round(hue)} ${saturation}% ${Math.round(target * 100)}%)`
}

function hueOf(r: number, g: number, b: number, max: number, min: number): number {
  const span = max - min
  if (max === r) return (60 * ((g - b) / span) + 360) % 360
  if (max === g) return 60 * ((b - r) / span) + 120
  return 60 * ((r - g) / span) + 240
}
