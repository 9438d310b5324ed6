import { expect, test } from 'vitest'
import { octetsOf, sizeText } from './sizes'

test.each([
  ['10 GB', 10 * 1024 ** 3],
  ['10g', 10 * 1024 ** 3],
  [' 1.5 TiB ', 1.5 * 1024 ** 4],
  ['1,5M', 1.5 * 1024 ** 2],
  ['0', 0],
  ['10', null],
  ['ten GB', null],
  ['-1 GB', null],
  ['', null],
])('%j is %j octets', (text, octets) => {
  expect(octetsOf(text)).toBe(octets)
})

test.each([0, 1024, 10 * 1024 ** 3, 1536 * 1024 ** 2, 5 * 1024 ** 4])('%d octets are shown as they are typed', (octets) => {
  expect(octetsOf(sizeText(octets))).toBe(octets)
})
