import type { Catalog, Key } from './catalog'

export type Language = 'en' | 'zh-CN'
export type { Key }

type Values = Record<string, string | number>

let catalog: Catalog | undefined
let current: Language = 'en'
let plurals = new Intl.PluralRules('en')

const loaders: Record<Language, () => Promise<{ default: Catalog }>> = {
  en: () => import('./en'),
  'zh-CN': () => import('./zh'),
}

/** Loads one language and makes it the page's; every later `t` speaks it. */
export async function speak(language: Language): Promise<void> {
  catalog = (await loaders[language]()).default
  current = language
  plurals = new Intl.PluralRules(language)
  document.documentElement.lang = language
}

export function language(): Language {
  return current
}

export function preferredLanguage(): Language {
  const kept = localStorage.getItem('posthouse.language')
  if (kept === 'en' || kept === 'zh-CN') return kept
  return navigator.languages.some((tag) => tag.toLowerCase().startsWith('zh')) ? 'zh-CN' : 'en'
}

/** The words for `key`; `{name}` is filled from `values`, `count` chooses the plural. */
export function t(key: Key, values?: Values): string {
  const words = catalog?.[key]
  if (words === undefined) return key
  const text = typeof words === 'string' ? words : pluralOf(words, values?.count)
  if (!values) return text
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => {
    const value = values[name]
    if (value === undefined) return whole
    return typeof value === 'number' ? numberFormat().format(value) : value
  })
}

/** Whether a string made at run time is a key: for words that the server names (event kinds, problems). */
export function isKey(key: string): key is Key {
  return catalog !== undefined && key in catalog
}

function pluralOf(forms: { one?: string; other: string }, count: string | number | undefined): string {
  const form = plurals.select(Number(count ?? 0))
  return form === 'one' && forms.one !== undefined ? forms.one : forms.other
}

let numbers: { language: Language; format: Intl.NumberFormat } | undefined

function numberFormat(): Intl.NumberFormat {
  if (numbers?.language !== current) numbers = { language: current, format: new Intl.NumberFormat(current) }
  return numbers.format
}
