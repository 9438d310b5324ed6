import { queryOptions } from '@tanstack/react-query'
import { readAgain } from '@/shared/api/cache'
import { api } from '@/shared/api/client'
import type { Due, Hold, OwnLimits, Quotas, RetentionRule, Usage, UsageLimits } from '@/shared/api/types'

/** What the mailboxes one reads in full hold. */
export const usageQuery = queryOptions({
  queryKey: ['usage'],
  queryFn: ({ signal }) => api.get<{ items: Usage[] }>('/usage', { signal }),
})

export const quotasQuery = queryOptions({
  queryKey: ['quotas'],
  queryFn: ({ signal }) => api.get<Quotas>('/quotas', { signal }),
})

export const retentionQuery = queryOptions({
  queryKey: ['retention'],
  queryFn: ({ signal }) => api.get<{ rules: RetentionRule[] }>('/retention', { signal }),
})

export const holdsQuery = queryOptions({
  queryKey: ['holds'],
  queryFn: ({ signal }) => api.get<{ items: Hold[] }>('/holds', { signal }),
})

/** A place and its days; null keeps the mail for ever. */
export type Rule = Pick<RetentionRule, 'place' | 'days'>

/** What these rules would take out now. */
export function trialQuery(rules: readonly Rule[]) {
  return queryOptions({
    queryKey: ['retention', 'trial', rules],
    queryFn: () => api.post<{ items: Due[] }>('/retention/trial', { rules }),
    staleTime: 0,
  })
}

export async function setDefault(limits: UsageLimits): Promise<UsageLimits> {
  const kept = await api.put<UsageLimits>('/quotas', limits)
  await readAgain(['quotas'], ['usage'])
  return kept
}

export async function setLimits(address: string, limits: OwnLimits): Promise<Usage> {
  const kept = await api.put<Usage>(`/quotas/${encodeURIComponent(address)}`, limits)
  await readAgain(['quotas'], ['usage'])
  return kept
}

export async function setRules(rules: readonly Rule[]): Promise<void> {
  await api.put('/retention', { rules })
  await readAgain(['retention'])
}

export async function setHold(mailbox: string, reason: string): Promise<Hold> {
  const made = await api.post<Hold>('/holds', { mailbox, reason })
  await readAgain(['holds'])
  return made
}

export async function liftHold(id: string): Promise<void> {
  await api.post(`/holds/${id}/lift`)
  await readAgain(['holds'])
}
