import { expect, test } from 'vitest'
import { daysBetween, letThrough, share } from './data'

test('every day of a span is there', () => {
  expect(daysBetween('2026-10-30', '2026-11-02')).toEqual(['2026-10-30', '2026-10-31', '2026-11-01', '2026-11-02'])
  expect(daysBetween('2026-11-02', '2026-11-02')).toEqual(['2026-11-02'])
})

test.each([
  [0, 0, 0],
  [0, 5, 0],
  [1, 10_000, 1],
  [9_999, 10_000, 99],
  [10, 10, 100],
  [1, 3, 33],
])('%d of %d is %d %%', (part, whole, percent) => {
  expect(share(part, whole)).toBe(percent)
})

test('what neither passed nor was held back was let through', () => {
  const day = { day: '2026-11-02', messages: 10, passed: 5, dkim: 5, spf: 5, quarantined: 2, rejected: 1 }
  expect(letThrough(day)).toBe(2)
  expect(letThrough({ ...day, passed: 10 })).toBe(0)
})
