import { infiniteQueryOptions, keepPreviousData, queryOptions } from '@tanstack/react-query'
import { api } from '@/shared/api/client'
import type { Company, CompanyRow, Page } from '@/shared/api/types'

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
