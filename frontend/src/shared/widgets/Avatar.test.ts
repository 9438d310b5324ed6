import { expect, test } from 'vitest'
import { lettersOf } from './Avatar'
import { kinOf } from './kin'
import { matches } from '@/shared/shell/match'

test('letters of a name', () => {
  expect(['王建国', 'Priya Ramanathan', 'sales@x.example', '"Müller, Jörg"', '𠮷田', ''].map(lettersOf)).toEqual(['王', 'PR', 'SE', 'MJ', '𠮷', '?'])
})

test('colleagues are kin; people of one mail service are not', () => {
  expect(kinOf('a@Ruida.example')).toBe(kinOf('b@ruida.example'))
  expect(kinOf('a@qq.com')).not.toBe(kinOf('b@qq.com'))
})

test('the palette finds beginnings of words, and Chinese anywhere', () => {
  expect(matches('mark un', 'Mark unread')).toBe(true)
  expect(matches('read', 'Mark unread')).toBe(false)
  expect(matches('未读', '标为未读')).toBe(true)
  expect(matches('(', 'Mark (un)read')).toBe(true)
})
