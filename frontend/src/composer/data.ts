import { api } from '@/shared/api/client'
import type { Attachment, Person } from '@/shared/api/types'
import type { Letter } from './store'

interface SavedDraft {
  id: string
  revision: number
}

export interface StoredDraft extends SavedDraft {
  mode: 'new' | 'reply' | 'replyAll' | 'forward'
  thread_id: string | null
  from: string
  to: Person[]
  cc: Person[]
  bcc: Person[]
  subject: string
  html: string
  quote_html: string
  attachments: Attachment[]
  in_reply_to: string | null
  forward_of: string | null
}

export interface Sent {
  id: string
  undo_until: string
}

function bodyOf(letter: Letter) {
  const bare = (people: Person[]) => people.map(({ name, address }) => ({ name, address }))
  return {
    from: letter.from,
    to: bare(letter.to),
    cc: bare(letter.cc),
    bcc: bare(letter.bcc),
    subject: letter.subject,
    attachments: letter.attachments.flatMap((file) => (file.id ? [file.id] : [])),
    in_reply_to: letter.inReplyTo,
    forward_of: letter.forwardOf,
  }
}

export function saveDraft(draftId: string | null, revision: number, letter: Letter): Promise<SavedDraft> {
  const body = { ...bodyOf(letter), html: letter.html, quote_html: letter.quote, revision }
  return draftId ? api.put(`/drafts/${draftId}`, body) : api.post('/drafts', body)
}

export function readDraft(draftId: string): Promise<StoredDraft> {
  return api.get(`/drafts/${draftId}`)
}

export function deleteDraft(draftId: string): Promise<void> {
  return api.delete(`/drafts/${draftId}`)
}

/** Hands the letter to the outbox. `key` makes a repeated press one letter. */
export function send(letter: Letter, draftId: string | null, sendAt: string | null, key: string): Promise<Sent> {
  const html = letter.html + letter.quote
  return api.post('/messages', { ...bodyOf(letter), html, draft_id: draftId, send_at: sendAt }, { key })
}

export function undoSend(messageId: string): Promise<{ draft_id: string }> {
  return api.post(`/messages/${messageId}/undo`)
}

