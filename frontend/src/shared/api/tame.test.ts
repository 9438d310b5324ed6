import { expect, test } from 'vitest'
import { tame, tameLine } from './tame'

test('a name cannot be turned around, and the trick is seen', () => {
  expect(tameLine('invoice_\u202efdp.exe')).toBe('invoice_\ufffdfdp.exe')
  expect(tameLine('\u202dabc\u202c')).toBe('\ufffdabc')
})

test('what is not seen is not there', () => {
  expect(tameLine('Pay\u200bPal\u00ad\ufeff\u2060 \u115f\u3164Ltd')).toBe('PayPal Ltd')
  expect(tameLine('a\u200db\u200cc')).toBe('abc')
  expect(tameLine('Hello\u{e0041}\u{e0042}')).toBe('Hello')
  expect(tameLine('one\u0007two\u2028three')).toBe('one two three')
})

test('honest text keeps what it needs', () => {
  for (const line of ['关于离心泵的报价', 'می\u200cخواهم', 'क्\u200dष', '👩\u200d🔧 👍🏽\u200d', '🏴\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f}', 'café\tbar\nbaz', 'שלום (abc)']) {
    expect(tameLine(line)).toBe(line)
  }
})

test('an answer is tamed wherever a line stands; what is kept again stays, and an address shows what hides in it', () => {
  const answer = {
    items: [{ subject: 'a\u202eb', attachments: ['x\u200b.pdf'], from: { name: '\u2068Ann\u2069', address: 'ann\u200b@bank.example' }, at: null, size: 3 }],
    html: '<p>\u202e</p>',
    note: 'x\u200by',
  }
  expect(tame(answer, JSON.stringify(answer))).toEqual({
    items: [{ subject: 'a\ufffdb', attachments: ['x.pdf'], from: { name: 'Ann', address: 'ann\ufffd@bank.example' }, at: null, size: 3 }],
    html: '<p>\u202e</p>',
    note: 'x\u200by',
  })
})

test('an answer without any is the very answer', () => {
  const answer = { items: ['plain'] }
  expect(tame(answer, JSON.stringify(answer))).toBe(answer)
})
