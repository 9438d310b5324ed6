import type en from './en'

export type Words = string | { one?: string; other: string }
export type Key = keyof typeof en
export type Catalog = Record<Key, Words>
