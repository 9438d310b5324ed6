import { queryOptions } from '@tanstack/react-query'
import { readAgain } from '@/shared/api/cache'
import { api } from '@/shared/api/client'
import type { QueuedRecipient, WaitingSite } from '@/shared/api/types'

export const STATES = ['waiting', 'trying', 'scheduled', 'held'] as const
export const SHARES = ['people', 'bulk', 'notices'] as const

/** What of the queue is looked at. */
export interface Filter {
  state: (typeof STATES)[number] | 'all'
  share: (typeof SHARES)[number] | 'all'
}

/** Recipients by id, or all that waits for a site. */
export type Choice = { site: string } | { recipients: readonly string[] }

/** As many as the server lists or drops at once. */
export const MOST = 1000
/** Attempts that end with another attempt are told to nobody: the open page looks now and then. */
const LOOK_EVERY_MS = 10_000

export function sitesQuery(filter: Filter) {
  return queryOptions({
    queryKey: ['queue', 'sites', filter],
    queryFn: ({ signal }) => api.get<{ items: WaitingSite[] }>('/queue/sites', { query: asked(filter), signal }),
    refetchInterval: LOOK_EVERY_MS,
    placeholderData: (before) => before,
  })
}

export function recipientsQuery(site: string, filter: Filter, limit: number) {
  return queryOptions({
    queryKey: ['queue', 'recipients', site, filter, limit],
    queryFn: ({ signal }) => readRecipients(site, filter, limit, signal),
    refetchInterval: LOOK_EVERY_MS,
    placeholderData: (before) => before,
  })
}

export async function readRecipients(site: string, filter: Filter, limit: number, signal?: AbortSignal): Promise<QueuedRecipient[]> {
  const found = await api.get<{ items: QueuedRecipient[] }>('/queue', { query: { site, ...asked(filter), limit }, ...(signal ? { signal } : {}) })
  return found.items
}

function asked({ state, share }: Filter) {
  return { state: state === 'all' ? null : state, share: share === 'all' ? null : share }
}

/** How many recipients that was. */
export async function change(verb: 'retry' | 'hold' | 'release' | 'drop', choice: Choice): Promise<number> {
  const { recipients } = await api.post<{ recipients: number }>(`/queue/${verb}`, choice)
  await readAgain(['queue'])
  return recipients
}
