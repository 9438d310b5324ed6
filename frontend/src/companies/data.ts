import { infiniteQueryOptions, keepPreviousData, queryOptions } from '@tanstack/react-query'
import { cache } from '@/shared/api/cache'
import { api } from '@/shared/api/client'
import type { Company, CompanyRow, NewCompany, Page } from '@/shared/api/types'

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

/** Contacts at its domains become its people, so they are read again too. */
export async function addCompany(fields: NewCompany): Promise<Company> {
  const company = await api.post<Company>('/companies', fields)
  cache.setQueryData(companyQuery(company.id).queryKey, company)
  await Promise.all(['companies', 'contacts', 'contact', 'lookup', 'timeline'].map((name) => cache.invalidateQueries({ queryKey: [name] })))
  return company
}
