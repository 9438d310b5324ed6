import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { actIds } from '@/shared/keys/table'
import { speak, t } from './index'
import en from './en'
import zh from './zh'
import type { Words } from './catalog'

const english: Record<string, Words> = en
const chinese: Record<string, Words> = zh

/** Keys made at run time: their first part is written in the code, the rest comes from a table or the server. */
const MADE = ['act.', 'folder.', 'problem.', 'keys.', 'kind.', 'saved.', 'delivery.', 'reason.', 'evidence.', 'search.', 'later.', 'domains.state.', 'domains.subject.', 'domains.advice.', 'addresses.kind.', 'rules.field.', 'rules.test.', 'rules.action.', 'rules.said.', 'setup.', 'queue.state.', 'queue.share.', 'queue.rests.', 'queue.trouble.', 'reports.state.', 'reports.finding.', 'reports.outcome.', 'keeping.place.', 'accounts.way.', 'accounts.step.', 'accounts.outcome.', 'accounts.error.', 'accounts.help.', 'accounts.next.', 'accounts.act.', 'accounts.protocol.', 'accounts.kind.']

function sources(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) return sources(path)
    return /\.tsx?$/.test(entry.name) && !/\.test\.|words\.|common\./.test(entry.name) ? [readFileSync(path, 'utf8')] : []
  })
}

function formsOf(words: Words): string[] {
  return typeof words === 'string' ? [words] : [words.one, words.other].filter((form) => form !== undefined)
}

const gapsOf = (words: Words) => [...new Set(formsOf(words).flatMap((form) => form.match(/\{\w+\}/g) ?? []))].sort()

describe('words', () => {
  test('both languages have the same keys', () => {
    expect(Object.keys(chinese).sort()).toEqual(Object.keys(english).sort())
  })

  test('both languages fill the same gaps', () => {
    for (const key of Object.keys(english)) expect(gapsOf(chinese[key] ?? ''), key).toEqual(gapsOf(english[key] ?? ''))
  })

  test('nothing is empty', () => {
    for (const words of [english, chinese]) {
      for (const [key, value] of Object.entries(words)) for (const form of formsOf(value)) expect(form, key).not.toBe('')
    }
  })

  test('Chinese is Chinese: its own marks, no straight quotes', () => {
    for (const [key, value] of Object.entries(chinese)) {
      for (const form of formsOf(value)) expect(form, key).not.toMatch(/[\u4e00-\u9fff][,;:!?"]/)
    }
  })

  test('every key is used', () => {
    const code = sources('src').join('\n')
    const unused = Object.keys(english).filter((key) => !code.includes(`'${key}'`) && !MADE.some((start) => key.startsWith(start) && code.includes(`\`${start}\${`)))
    expect(unused).toEqual([])
  })

  test('every act has a name', () => {
    for (const id of actIds) expect(english[`act.${id}`], id).toBeDefined()
  })
})

describe('t', () => {
  test('chooses the plural and fills the gaps', async () => {
    await speak('en')
    expect(t('inbox.selected', { count: 1 })).toBe('1 selected')
    expect(t('inbox.selected', { count: 1200 })).toBe('1,200 selected')
    await speak('zh-CN')
    expect(t('inbox.selected', { count: 1 })).toBe('已选 1 封')
    expect(document.documentElement.lang).toBe('zh-CN')
  })

  test('leaves a gap that nobody fills', async () => {
    await speak('en')
    expect(t('inbox.replyTo', {})).toBe('Reply to {name}')
  })
})
