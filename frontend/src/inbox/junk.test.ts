import { beforeAll, describe, expect, test } from 'vitest'
import type { Mailbox } from '@/shared/api/types'
import { speak } from '@/shared/i18n'
import en from './words.en'
import zh from './words.zh'
import { inJunk, reasonWords } from './junk'

const mailboxes = [
  { folders: [{ id: 'a', role: 'inbox' }, { id: 'b', role: 'junk' }, { id: 'c', role: null }] },
] as unknown as Mailbox[]

describe('inJunk', () => {
  test('is said of what lies in a junk folder', () => {
    expect(inJunk({ folder_ids: ['b'] }, mailboxes)).toBe(true)
    expect(inJunk({ folder_ids: ['a', 'c'] }, mailboxes)).toBe(false)
    expect(inJunk({ folder_ids: ['elsewhere'] }, mailboxes)).toBe(false)
  })
})

describe('reasonWords', () => {
  beforeAll(() => speak('en'))

  test("gives the mail's own words", () => {
    expect(reasonWords({ kind: 'words', examples: ['发票', 'cheap pills'] })).toEqual({
      said: en['junk.words'],
      examples: ['发票', 'cheap pills'],
    })
  })

  test('names tricks, and only those it has words for', () => {
    const { examples } = reasonWords({ kind: 'form', examples: ['hidden text', 'constructor', 'something new'] })
    expect(examples).toEqual([en['junk.trick.hidden']])
  })

  test('says whose checks failed within the sentence', () => {
    const { said, examples } = reasonWords({ kind: 'forged', examples: ['bank.example'] })
    expect(said).toContain('bank.example')
    expect(examples).toEqual([])
  })

  test('has the same words in Chinese', () => {
    const keys = (words: object) => Object.keys(words).filter((key) => key.startsWith('junk.'))
    expect(keys(zh)).toEqual(keys(en))
  })
})
