import { queryOptions } from '@tanstack/react-query'
import { readAgain } from '@/shared/api/cache'
import { api } from '@/shared/api/client'
import type { AccountTrial, BothLanguages, Detection, LinkedAccount, LinkedAccountDetail, MailServers, MemberAccount } from '@/shared/api/types'
import { language } from '@/shared/i18n'
import { isUnderWay } from './health'
import type { Fetching } from './servers'

/** While mail is being brought the figures are worth reading again. */
const LOOK_MS = 2_000
/** Of these live changes tell too; the clock only catches what was missed. */
const REST_MS = 30_000

export const accountsQuery = queryOptions({
  queryKey: ['accounts', 'own'],
  queryFn: ({ signal }) => api.get<{ items: LinkedAccount[] }>('/linked-accounts', { signal }),
  staleTime: 0,
  refetchInterval: ({ state }) => (state.data?.items.some(isUnderWay) ? LOOK_MS : REST_MS),
})

export const wallQuery = queryOptions({
  queryKey: ['accounts', 'wall'],
  queryFn: ({ signal }) => api.get<{ items: MemberAccount[] }>('/linked-accounts/wall', { signal }),
  staleTime: 0,
  refetchInterval: REST_MS,
})

export function accountQuery(id: string) {
  return queryOptions({
    queryKey: ['accounts', 'one', id],
    queryFn: ({ signal }) => api.get<LinkedAccountDetail>(`/linked-accounts/${id}`, { signal }),
    staleTime: 0,
  })
}

export function detect(address: string): Promise<Detection> {
  return api.post('/linked-accounts/detection', { address })
}

/** What is tried, and then linked. */
export interface Wish {
  address: string
  kind: Fetching
  servers: MailServers
  password: string
}

export function tryAccount(wish: Wish): Promise<AccountTrial> {
  return api.post('/linked-accounts/trial', wish)
}

/** Its mailbox is among the member's from then on. */
export async function linkAccount(wish: Wish): Promise<LinkedAccount> {
  const linked = await api.post<LinkedAccount>('/linked-accounts', wish)
  await readAgain(['accounts'], ['me'])
  return linked
}

/** Tried first; kept only if it signs in. */
export async function changeSecret(id: string, password: string, servers: MailServers | null): Promise<AccountTrial> {
  const trial = await api.put<AccountTrial>(`/linked-accounts/${id}/secret`, { password, servers })
  if (trial.signed_in) await readAgain(['accounts'])
  return trial
}

/** The provider's page on which the member says yes; his browser comes back to the list. */
export async function consentPage(provider: string, address: string, login: string, kind = 'imap'): Promise<string> {
  return (await api.post<{ url: string }>('/linked-accounts/consents', { provider, address, login, kind })).url
}

/** The same for an account that is linked. */
export async function consentAgain(id: string): Promise<string> {
  return (await api.post<{ url: string }>(`/linked-accounts/${id}/consent`)).url
}

export async function pauseAccount(id: string): Promise<void> {
  await api.post(`/linked-accounts/${id}/pause`)
  await readAgain(['accounts'])
}

export async function resumeAccount(id: string): Promise<void> {
  await api.post(`/linked-accounts/${id}/resume`)
  await readAgain(['accounts'])
}

/** So many days; 0 not at all, null for ever. */
export async function keepThere(id: string, days: number | null): Promise<void> {
  await api.put(`/linked-accounts/${id}/keeping`, { days })
  await readAgain(['accounts'])
}

/** These and no others are not used, from the next connection on. */
export async function avoidExtensions(id: string, extensions: string[]): Promise<void> {
  await api.put(`/linked-accounts/${id}/avoiding`, { extensions })
  await readAgain(['accounts'])
}

export async function unlinkAccount(id: string, keepMail: boolean): Promise<void> {
  await api.delete(`/linked-accounts/${id}`, { query: { keep_mail: keepMail } })
  await readAgain(['accounts'], ['me'])
}

/** What a provider says, in the page's language. */
export function said(words: BothLanguages): string {
  return language() === 'zh-CN' ? words.zh : words.en
}
