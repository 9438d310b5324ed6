import { expect, test } from 'vitest'
import { fieldValue, moments } from './later'

const offered = (now: Date) => moments(now).map(({ key, at }) => `${key} ${fieldValue(at)}`)

test('a Wednesday morning offers evening, tomorrow and Monday', () => {
  expect(offered(new Date(2026, 10, 18, 9, 30))).toEqual(['later.evening 2026-11-18T18:00', 'later.tomorrow 2026-11-19T09:00', 'later.monday 2026-11-23T09:00'])
})

test('a late evening no longer offers the evening; a Sunday does not offer Monday twice', () => {
  expect(offered(new Date(2026, 10, 22, 21, 0))).toEqual(['later.tomorrow 2026-11-23T09:00'])
})

test('on a Monday, Monday is the next one', () => {
  expect(offered(new Date(2026, 10, 23, 10, 0)).at(-1)).toBe('later.monday 2026-11-30T09:00')
})
