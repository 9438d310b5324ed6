import { infiniteQueryOptions, keepPreviousData, queryOptions } from '@tanstack/react-query'
import { cache, readAgain } from '@/shared/api/cache'
import { api } from '@/shared/api/client'
import type { Company, CompanyChange, CompanyRow, NewCompany, Page } from '@/shared/api/types'

export function companiesQuery(q: string) {
  return infiniteQueryOptions({
    queryKey: ['companies', q],
    queryFn: ({ pageParam, signal }) => api.get<Page<CompanyRow>>('/companies', { query: { q, cursor: pageParam, limit: 60 }, signal }),
    initialPageParam: '',
    getNextPageParam: (last) => last.next_cursor ?? undefined,
    placeholderData: keepPreviousData,
  })
}

export function companyQuery(id: string) {
  return queryOptions({
    queryKey: ['company', id],
    queryFn: ({ signal }) => api.get<Company>(`/companies/${id}`, { signal }),
  })
}

/** The few best for what is being typed. */
export function findCompanies(q: string) {
  return queryOptions({
    queryKey: ['companies', 'find', q],
    queryFn: ({ signal }) => api.get<Page<CompanyRow>>('/companies', { query: { q, limit: 8 }, signal }),
  })
}

export async function addCompany(fields: NewCompany): Promise<Company> {
  return kept(await api.post<Company>('/companies', fields))
}

/** Refused (conflict) when somebody else has changed it since `version` was read. */
export async function changeCompany(id: string, version: number, change: CompanyChange): Promise<Company> {
  return kept(await api.patch<Company>(`/companies/${id}`, { version, ...change }))
}

/** Its contacts stay. It can be brought back: with the domains no other company took meanwhile. */
export async function deleteCompany(id: string): Promise<void> {
  await api.delete(`/companies/${id}`)
  cache.removeQueries({ queryKey: companyQuery(id).queryKey })
  await forgetPlaces()
}

export async function restoreCompany(id: string): Promise<void> {
  await kept(await api.post<Company>(`/companies/${id}/restore`))
}

async function kept(company: Company): Promise<Company> {
  cache.setQueryData(companyQuery(company.id).queryKey, company)
  await forgetPlaces()
  return company
}

/** Contacts at its domains are its people, so they are read again too. */
async function forgetPlaces(): Promise<void> {
  await readAgain(['companies'], ['contacts'], ['contact'], ['lookup'], ['timeline'])
}
