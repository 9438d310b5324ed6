import { describe, expect, test } from 'vitest'
import { complete, problemOf, readSearch, termAt } from './operators'

const read = (text: string) => readSearch(text).map(({ operator, value, negated }) => `${negated ? '-' : ''}${operator ?? ''}|${value}`)

describe('readSearch', () => {
  test.each([
    ['报价 PO-4242', ['|报价', '|PO-4242']],
    ['from:wang subject:"annual service"', ['from|wang', 'subject|annual service']],
    ['from：王建国 has：pdf', ['from|王建国', 'has|pdf']],
    ['-from:spam -is:read', ['-from|spam', '-is|read']],
    ['FROM:Anna', ['from|Anna']],
    ['"an open phrase', ['|an open phrase']],
    ['http://x.example:8080/from:a', ['|http://x.example:8080/from:a']],
    ['in:', ['in|']],
    ['   ', []],
  ])('%s', (text, wanted) => {
    expect(read(text)).toEqual(wanted)
  })

  test('is linear on hostile input', () => {
    const start = performance.now()
    readSearch('"'.repeat(50_000))
    readSearch('from:'.repeat(20_000))
    expect(performance.now() - start).toBeLessThan(2_000)
  })
})

test('a term is completed where the caret is', () => {
  expect(complete('fr', 2, 'from:')).toEqual({ text: 'from:', caret: 5 })
  expect(complete('is:un from:wang', 5, 'is:unread')).toEqual({ text: 'is:unread from:wang', caret: 10 })
  expect(termAt('from:wang is:un', 15)?.operator).toBe('is')
})

test('a date that is none and an unknown state are told', () => {
  const problems = (text: string) => readSearch(text).map(problemOf)
  expect(problems('before:2026-02-30 after:2026-11 before:7d after:yesterday')).toEqual(['date', null, null, 'date'])
  expect(problems('is:unread is:blue from:anybody')).toEqual([null, 'value', null])
})
