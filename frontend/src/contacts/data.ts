import { infiniteQueryOptions, keepPreviousData, queryOptions } from '@tanstack/react-query'
import { cache, readAgain } from '@/shared/api/cache'
import { api } from '@/shared/api/client'
import type { Contact, ContactChange, ContactRow, EventKind, NewContact, Page, Timeline } from '@/shared/api/types'

export function contactsQuery(q: string) {
  return infiniteQueryOptions({
    queryKey: ['contacts', q],
    queryFn: ({ pageParam, signal }) =>
      api.get<Page<ContactRow>>('/contacts', { query: { q, cursor: pageParam, limit: 60 }, signal }),
    initialPageParam: '',
    getNextPageParam: (last) => last.next_cursor ?? undefined,
    placeholderData: keepPreviousData,
  })
}

/** The few best for what is being typed: recipients and the palette. */
export function findContacts(q: string) {
  return queryOptions({
    queryKey: ['contacts', 'find', q],
    queryFn: ({ signal }) => api.get<Page<ContactRow>>('/contacts', { query: { q, limit: 8 }, signal }),
    placeholderData: keepPreviousData,
  })
}

/** The people of a company. */
export function peopleQuery(company: string) {
  return queryOptions({
    queryKey: ['contacts', 'of', company],
    queryFn: ({ signal }) => api.get<Page<ContactRow>>('/contacts', { query: { company, limit: 50 }, signal }),
  })
}

export function contactQuery(id: string) {
  return queryOptions({
    queryKey: ['contact', id],
    queryFn: ({ signal }) => api.get<Contact>(`/contacts/${id}`, { signal }),
  })
}

/** The contact behind an address; null when nobody is known by it. */
export function lookupQuery(address: string) {
  return queryOptions({
    queryKey: ['lookup', address],
    queryFn: ({ signal }) => api.get<Contact | null>('/contacts/lookup', { query: { address }, signal }),
  })
}

export type { ContactChange }

export type Owner = 'contacts' | 'companies'

export function timelineQuery(owner: Owner, id: string, kind: EventKind | 'all') {
  return infiniteQueryOptions({
    queryKey: ['timeline', owner, id, kind],
    queryFn: ({ pageParam, signal }) =>
      api.get<Timeline>(`/${owner}/${id}/timeline`, {
        query: { kind: kind === 'all' ? undefined : kind, cursor: pageParam, limit: 40 },
        signal,
      }),
    initialPageParam: '',
    getNextPageParam: (last) => last.next_cursor ?? undefined,
    placeholderData: keepPreviousData,
  })
}

/** Refused (conflict) when somebody else has changed it since `version` was read. */
export async function changeContact(id: string, version: number, change: ContactChange): Promise<Contact> {
  const contact = await api.patch<Contact>(`/contacts/${id}`, { version, ...change })
  await Promise.all([kept(contact), readAgain(['timeline'])])
  return contact
}

/** It can be brought back: with the addresses no other contact took meanwhile. */
export async function deleteContact(id: string): Promise<void> {
  await api.delete(`/contacts/${id}`)
  cache.removeQueries({ queryKey: contactQuery(id).queryKey })
  await forgetPeople()
}

export async function restoreContact(id: string): Promise<void> {
  await kept(await api.post<Contact>(`/contacts/${id}/restore`))
}

/** Takes an unknown sender in, or never shows and logs him again. */
export async function judgeContact(contact: Contact, verdict: 'verify' | 'ignore'): Promise<void> {
  const judged = await api.post<Contact>(`/contacts/${contact.id}/${verdict}`)
  cache.setQueryData(contactQuery(contact.id).queryKey, judged)
  await readAgain(['contacts'], ['lookup'])
}

/** Writes what happened outside mail into a contact's history. */
export async function writeNote(owner: Owner, id: string, kind: 'note' | 'call' | 'meeting', text: string): Promise<void> {
  await api.post(`/${owner}/${id}/notes`, { kind, text })
  await readAgain(['timeline'])
}

/** One's own. Refused (conflict) when it has changed since `version` was read. */
export async function changeNote(id: string, version: number, text: string): Promise<void> {
  await api.patch(`/notes/${id}`, { version, text })
  await readAgain(['timeline'])
}

export async function deleteNote(id: string): Promise<void> {
  await api.delete(`/notes/${id}`)
  await readAgain(['timeline'])
}

export async function restoreNote(id: string): Promise<void> {
  await api.post(`/notes/${id}/restore`)
  await readAgain(['timeline'])
}

/** Several of a kind in one field: as people write them, one a line or with a mark between. */
export function listed(text: string): string[] {
  return text.split(/[\s,，;；、]*[\n,，;；、][\s,，;；、]*/).map((each) => each.trim()).filter(Boolean)
}

export async function addContact(fields: NewContact): Promise<Contact> {
  return kept(await api.post<Contact>('/contacts', fields))
}

/** `into` takes the other's addresses, notes and history over. Refused (conflict) when it has changed since it was read. */
export async function mergeContacts(into: Contact, other: string): Promise<void> {
  const contact = await api.post<Contact>(`/contacts/${into.id}/merge`, { contact_id: other, version: into.version })
  cache.removeQueries({ queryKey: contactQuery(other).queryKey })
  await Promise.all([kept(contact), readAgain(['timeline'])])
}

async function kept(contact: Contact): Promise<Contact> {
  cache.setQueryData(contactQuery(contact.id).queryKey, contact)
  await forgetPeople()
  return contact
}

async function forgetPeople(): Promise<void> {
  await readAgain(['contacts'], ['lookup'], ['company'], ['companies'])
}

export async function makeContact(name: string, address: string): Promise<Contact> {
  const contact = await api.post<Contact>('/contacts', { name, addresses: [address] })
  cache.setQueryData(lookupQuery(address).queryKey, contact)
  await readAgain(['contacts'])
  return contact
}
