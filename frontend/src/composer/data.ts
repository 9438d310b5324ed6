import { queryOptions } from '@tanstack/react-query'
import { api } from '@/shared/api/client'
import type { Page, Person, SavedDraft, Sent, StoredDraft, Undone, Upload } from '@/shared/api/types'
import { withCids } from './attach'
import type { Letter } from './store'

export type { StoredDraft, Upload }

function bodyOf(letter: Letter) {
  const bare = (people: Person[]) => people.map(({ name, address }) => ({ name, address }))
  return {
    from: letter.from || null,
    to: bare(letter.to),
    cc: bare(letter.cc),
    bcc: bare(letter.bcc),
    subject: letter.subject,
    attachments: letter.attachments.flatMap((file) => (file.id ? [file.id] : [])),
    in_reply_to: letter.inReplyTo,
    forward_of: letter.forwardOf,
  }
}

/** One's own drafts, kept by the page; those of mail programs lie in the Drafts folder. */
export const draftsQuery = queryOptions({
  queryKey: ['drafts'],
  queryFn: ({ signal }) => api.get<Page<StoredDraft>>('/drafts', { query: { limit: 100 }, signal }),
})

export function saveDraft(draftId: string | null, revision: number, letter: Letter): Promise<SavedDraft> {
  const body = { ...bodyOf(letter), html: withCids(letter.html), quote_html: letter.quote }
  return draftId ? api.put(`/drafts/${draftId}`, { ...body, revision }) : api.post('/drafts', body)
}

export function readDraft(draftId: string): Promise<StoredDraft> {
  return api.get(`/drafts/${draftId}`)
}

/** What a mail program has begun becomes a draft of the page. */
export function takeDraftOver(messageId: string): Promise<StoredDraft> {
  return api.post(`/messages/${messageId}/draft`)
}

export function deleteDraft(draftId: string): Promise<void> {
  return api.delete(`/drafts/${draftId}`)
}

/** Hands the letter to the outbox. `key` makes a repeated press one letter. */
export function send(letter: Letter, draftId: string | null, sendAt: string | null, key: string): Promise<Sent> {
  const body = { ...bodyOf(letter), html: withCids(letter.html), quote_html: letter.quote }
  return api.post('/messages', { ...body, draft_id: draftId, send_at: sendAt }, { key })
}

export function undoSend(messageId: string): Promise<Undone> {
  return api.post(`/messages/${messageId}/undo`)
}


/** The first words of a draft, as a list shows them. */
export function wordsOf(draft: StoredDraft): string {
  const page = new DOMParser().parseFromString(draft.html ?? '', 'text/html')
  const words = (draft.html ? page.body.textContent : (draft.text ?? '')).replace(/\s+/g, ' ').trim()
  return words.slice(0, 120) || draft.subject
}
