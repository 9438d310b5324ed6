const UNITS = { k: 1024, m: 1024 ** 2, g: 1024 ** 3, t: 1024 ** 4 } as const
const SIZE = /^(\d{1,9}(?:[.,]\d{1,3})?)\s*([kmgt])(?:i?b)?$/i

/** Octets of “10 GB” or “1.5T”; 0 of “0”; null of what is no size. */
export function octetsOf(text: string): number | null {
  const trimmed = text.trim()
  if (trimmed === '0') return 0
  const match = SIZE.exec(trimmed)
  if (!match) return null
  const [, number = '', unit = ''] = match
  return Math.round(Number(number.replace(',', '.')) * UNITS[unit.toLowerCase() as keyof typeof UNITS])
}

/** As it would be typed, without rounding anything away: 10 GB, 1536 MB. */
export function sizeText(octets: number): string {
  if (octets === 0) return '0'
  const [unit, size] = Object.entries(UNITS).findLast(([, each]) => octets % each === 0) ?? ['k', UNITS.k]
  return `${Math.round((octets / size) * 1000) / 1000} ${unit.toUpperCase()}B`
}
