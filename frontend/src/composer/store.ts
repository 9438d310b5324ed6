import { create } from 'zustand'
import type { Person } from '@/shared/api/types'

export type Mode = 'new' | 'reply' | 'replyAll' | 'forward'
export type Saved = 'empty' | 'dirty' | 'saving' | 'saved' | 'failed' | 'conflict'

export interface Attached {
  key: string
  /** The upload's id when the server has it all. */
  id: string | null
  name: string
  size: number
  type: string
  /** 0 to 1 while it is on its way. */
  share: number
  failed: boolean
}

export interface Letter {
  from: string
  to: Person[]
  cc: Person[]
  bcc: Person[]
  subject: string
  html: string
  /** What is answered or forwarded, kept apart from what is written so that typing stays fast. */
  quote: string
  attachments: Attached[]
  inReplyTo: string | null
  forwardOf: string | null
}

export interface Composer {
  key: string
  mode: Mode
  frame: 'inline' | 'window'
  folded: boolean
  threadId: string | null
  draftId: string | null
  revision: number
  saved: Saved
  /** Grows with each change that must be saved. */
  version: number
  /** Makes trying again after a failure the same act; another text, or a letter called back, is a new one. */
  sendKey: string | null
  letter: Letter
}

interface Composers {
  open: Composer[]
}

export const useComposers = create<Composers>(() => ({ open: [] }))

let next = 1

export const emptyLetter: Letter = {
  from: '',
  to: [],
  cc: [],
  bcc: [],
  subject: '',
  html: '',
  quote: '',
  attachments: [],
  inReplyTo: null,
  forwardOf: null,
}

export function openComposer(start: Partial<Omit<Composer, 'letter' | 'key'>> & { letter?: Partial<Letter> }): string {
  const key = `c${next++}`
  const composer: Composer = {
    mode: 'new',
    frame: 'window',
    folded: false,
    threadId: null,
    draftId: null,
    revision: 0,
    saved: 'empty',
    version: 0,
    sendKey: null,
    ...start,
    key,
    letter: { ...emptyLetter, ...start.letter },
  }
  useComposers.setState(({ open }) => ({ open: [...open, composer] }))
  return key
}

/** A new letter in a window; `to` when a contact's page asks for one. */
export function writeNew(from = '', to: Person[] = []): void {
  openComposer({ letter: { from, to } })
}

export function composerOf(key: string): Composer | undefined {
  return useComposers.getState().open.find((composer) => composer.key === key)
}

export function changeComposer(key: string, change: Partial<Composer>): void {
  useComposers.setState(({ open }) => ({
    open: open.map((composer) => (composer.key === key ? { ...composer, ...change } : composer)),
  }))
}

/** What a person wrote: it is to be saved. */
export function changeLetter(key: string, change: Partial<Letter> | ((letter: Letter) => Partial<Letter>)): void {
  useComposers.setState(({ open }) => ({
    open: open.map((composer) => {
      if (composer.key !== key) return composer
      const wanted = typeof change === 'function' ? change(composer.letter) : change
      return { ...composer, letter: { ...composer.letter, ...wanted }, saved: 'dirty', version: composer.version + 1, sendKey: null }
    }),
  }))
}

export function closeComposer(key: string): void {
  useComposers.setState(({ open }) => ({ open: open.filter((composer) => composer.key !== key) }))
}

/** Nothing that a person would miss; the subject of an answer is not hers. */
export function isBlank(letter: Letter): boolean {
  const words = letter.html.replace(/<[^>]*>/g, '').trim()
  return !words && (!letter.subject || letter.inReplyTo !== null) && letter.attachments.length === 0 && !/<img/i.test(letter.html)
}
