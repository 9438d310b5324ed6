import { queryOptions } from '@tanstack/react-query'
import { readAgain } from '@/shared/api/cache'
import { api } from '@/shared/api/client'
import type { DomainChecks, HostedAddress, Relay, RelayWish } from '@/shared/api/types'

export const domainsQuery = queryOptions({
  queryKey: ['domains'],
  queryFn: ({ signal }) => api.get<{ items: string[] }>('/domains', { signal }),
})

/** DNS is asked each time: who has just changed a record wants to see it. */
export function checksQuery(domain: string) {
  return queryOptions({
    queryKey: ['domains', domain, 'checks'],
    queryFn: ({ signal }) => api.get<DomainChecks>(`/domains/${encodeURIComponent(domain)}/checks`, { signal }),
    staleTime: 0,
  })
}

export const addressesQuery = queryOptions({
  queryKey: ['addresses'],
  queryFn: ({ signal }) => api.get<{ items: HostedAddress[] }>('/addresses', { signal }),
})

/** Who gets the mail of an address. */
export type AddressTarget = Pick<HostedAddress, 'mailboxes' | 'forward_to'>

/** One mailbox makes an alias, several a group; `@domain` takes what nobody has. */
export async function setAddress(address: string, { mailboxes, forward_to }: AddressTarget): Promise<HostedAddress> {
  const kept = await api.put<HostedAddress>(`/addresses/${encodeURIComponent(address)}`, { mailboxes, forward_to })
  await forgetAddresses()
  return kept
}

export async function removeAddress(address: string): Promise<void> {
  await api.delete(`/addresses/${encodeURIComponent(address)}`)
  await forgetAddresses()
}

/** Aliases also stand among the addresses one may write from. */
async function forgetAddresses(): Promise<void> {
  await readAgain(['addresses'], ['me'])
}

export const relaysQuery = queryOptions({
  queryKey: ['relays'],
  queryFn: ({ signal }) => api.get<{ items: Relay[] }>('/relays', { signal }),
})

/** Without a password the one that is kept stays, for the same relay and user. */
export async function setRelay(sender: string, wish: RelayWish): Promise<Relay> {
  const kept = await api.put<Relay>(`/relays/${encodeURIComponent(sender)}`, wish)
  await readAgain(['relays'])
  return kept
}

export async function removeRelay(sender: string): Promise<void> {
  await api.delete(`/relays/${encodeURIComponent(sender)}`)
  await readAgain(['relays'])
}
