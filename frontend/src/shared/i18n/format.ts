import { language, t } from './index'

const DAY = 86_400_000

const formats = new Map<string, Intl.DateTimeFormat>()

function format(name: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = `${language()} ${name}`
  let made = formats.get(key)
  if (!made) formats.set(key, (made = new Intl.DateTimeFormat(language(), options)))
  return made
}

const clock = () => format('clock', { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' })

function daysAgo(date: Date, now: Date): number {
  const start = (d: Date) => new Date(d.getFullYear(), d.getMonth(), d.getDate()).getTime()
  return Math.round((start(now) - start(date)) / DAY)
}

/** For a list: 14:05 · yesterday · Tue · 3 Nov · 2025/11/3. */
export function shortTime(iso: string, now = new Date()): string {
  const date = new Date(iso)
  const days = daysAgo(date, now)
  if (days <= 0 && days > -1) return clock().format(date)
  if (days === 1) return t('time.yesterday')
  if (days > 1 && days < 7) return format('weekday', { weekday: 'short' }).format(date)
  if (date.getFullYear() === now.getFullYear()) return format('day', { day: 'numeric', month: 'short' }).format(date)
  return format('date', { year: 'numeric', month: 'numeric', day: 'numeric' }).format(date)
}

/** For a message: 3 Nov, 14:05, with the year when it is another one. */
export function messageTime(iso: string, now = new Date()): string {
  const date = new Date(iso)
  const days = daysAgo(date, now)
  if (days === 0) return clock().format(date)
  if (days === 1) return `${t('time.yesterday')} ${clock().format(date)}`
  const year = date.getFullYear() === now.getFullYear() ? undefined : ('numeric' as const)
  const day = format(`dayOf${String(year)}`, { day: 'numeric', month: 'short', year }).format(date)
  return `${day} ${clock().format(date)}`
}

/** A day that is the same everywhere, as reports name it: YYYY-MM-DD becomes 3 Nov. */
export function plainDay(day: string): string {
  const date = new Date(`${day}T00:00:00`)
  return Number.isNaN(date.getTime()) ? '' : format('day', { day: 'numeric', month: 'short' }).format(date)
}

/** The same with its year: 3 Nov 2026. */
export function fullDay(day: string): string {
  const date = new Date(`${day}T00:00:00`)
  return Number.isNaN(date.getTime()) ? '' : format('fullDay', { year: 'numeric', month: 'short', day: 'numeric' }).format(date)
}

/** Sun for 0 to Sat for 6; narrow: S. */
export function weekdayName(number: number, weekday: 'short' | 'narrow' = 'short'): string {
  return format(`weekday ${weekday}`, { weekday }).format(new Date(2023, 0, 1 + number)) // a Sunday
}

/** A day that may be years away. */
export function farDay(iso: string): string {
  return format('far', { dateStyle: 'long' }).format(new Date(iso))
}

/** The whole truth, for a tooltip. */
export function fullTime(iso: string): string {
  return format('full', { dateStyle: 'full', timeStyle: 'long', hourCycle: 'h23' }).format(
    new Date(iso),
  )
}

/** The heading of a day on the timeline. */
export function dayHeading(iso: string, now = new Date()): string {
  const date = new Date(iso)
  const days = daysAgo(date, now)
  if (days === 0) return t('time.today')
  if (days === 1) return t('time.yesterday')
  const year = date.getFullYear() === now.getFullYear() ? undefined : ('numeric' as const)
  return format(`heading${String(year)}`, { weekday: 'long', day: 'numeric', month: 'long', year }).format(date)
}

export function clockTime(iso: string): string {
  return clock().format(new Date(iso))
}

export function monthName(date: Date): string {
  return format('month', { month: 'short' }).format(date)
}

/** How long something has lasted: for 3 days, for 2 h; or that it has only begun. */
export function lasting(iso: string, now = new Date()): string {
  return minutesSince(iso, now) < 1 ? t('time.now') : t('time.lasting', { time: since(iso, now) })
}

function minutesSince(iso: string, now: Date): number {
  return Math.max(0, Math.round((now.getTime() - new Date(iso).getTime()) / 60_000))
}

/** How long ago, in the largest unit that says something: 3 days, 2 h. */
export function since(iso: string, now = new Date()): string {
  const minutes = minutesSince(iso, now)
  if (minutes < 60) return t('time.minutes', { count: minutes })
  if (minutes < 48 * 60) return t('time.hours', { count: Math.round(minutes / 60) })
  return t('time.days', { count: Math.round(minutes / 1440) })
}

const UNITS = ['B', 'KB', 'MB', 'GB'] as const

export function fileSize(bytes: number): string {
  let unit = 0
  let size = bytes
  while (size >= 1000 && unit < UNITS.length - 1) {
    size /= 1024
    unit += 1
  }
  const digits = unit === 0 || size >= 10 ? 0 : 1
  return `${size.toFixed(digits)} ${UNITS[unit] ?? 'B'}`
}
