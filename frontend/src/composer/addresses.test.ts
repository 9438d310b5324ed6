import { describe, expect, test } from 'vitest'
import { announcesAttachment, isAddress, readPeople } from './addresses'

describe('readPeople', () => {
  test.each([
    ['a@b.example', [{ name: '', address: 'a@b.example' }]],
    ['王伟 <w@c.example>；李娜 <li@d.example>', [{ name: '王伟', address: 'w@c.example' }, { name: '李娜', address: 'li@d.example' }]],
    ['"Müller, Jörg" <j@d.example>, x@y.example', [{ name: 'Müller, Jörg', address: 'j@d.example' }, { name: '', address: 'x@y.example' }]],
    ['a@b.example\nc@d.example\n\n', [{ name: '', address: 'a@b.example' }, { name: '', address: 'c@d.example' }]],
    ['mailto:a@b.example', [{ name: '', address: 'a@b.example' }]],
    ['王伟＜w@c.example＞', [{ name: '王伟', address: 'w@c.example' }]],
    ['', []],
  ])('%j', (text, people) => {
    expect(readPeople(text)).toEqual(people)
  })
})

test('a slip of the fingers is no address', () => {
  for (const good of ['a@b.example', '用户@例子.中国', 'x.y+z@mail.b.example']) expect(isAddress(good), good).toBe(true)
  for (const bad of ['a', 'a@', 'a@b', '@b.example', 'a b@c.example', 'a@@b.example', 'a@b.example,']) expect(isAddress(bad), bad).toBe(false)
})

test('words that announce an attachment', () => {
  for (const text of ['<p>报价单见附件</p>', 'Please find attached', 'Das Angebot im Anhang', 'enclosed drawing']) expect(announcesAttachment(text), text).toBe(true)
  for (const text of ['附近的工厂', 'detached house', '<a href="attachment">x</a>']) expect(announcesAttachment(text), text).toBe(false)
})
