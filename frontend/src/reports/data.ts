import { keepPreviousData, queryOptions } from '@tanstack/react-query'
import { api } from '@/shared/api/client'
import type { DomainReports, MailDay, SessionDay } from '@/shared/api/types'

export const SPANS = ['7', '30', '90'] as const
export type Span = (typeof SPANS)[number]

/** The last days' reports on a domain; while another span comes, the one before stays. */
export function reportsQuery(domain: string, days: Span) {
  return queryOptions({
    queryKey: ['domains', domain, 'reports', days],
    queryFn: ({ signal }) => api.get<DomainReports>(`/domains/${encodeURIComponent(domain)}/reports?days=${days}`, { signal }),
    placeholderData: keepPreviousData,
  })
}

/** Every day of a span, YYYY-MM-DD: those that nobody reported on as well. */
export function daysBetween(since: string, until: string): string[] {
  const days: string[] = []
  for (let at = Date.parse(since); at <= Date.parse(until); at += 86_400_000) days.push(new Date(at).toISOString().slice(0, 10))
  return days
}

export function sumOf<T>(rows: readonly T[], count: (row: T) => number): number {
  return rows.reduce((sum, row) => sum + count(row), 0)
}

/** Proved nothing, and was delivered all the same. */
export function letThrough(day: MailDay): number {
  return Math.max(0, day.messages - day.passed - day.quarantined - day.rejected)
}

export function sessionsOf(day: SessionDay): number {
  return day.succeeded + day.failed
}

/** In whole percent, but 100 only for all and 0 only for none. */
export function share(part: number, whole: number): number {
  if (whole === 0 || part === whole) return whole === 0 ? 0 : 100
  return part === 0 ? 0 : Math.min(99, Math.max(1, Math.round((part / whole) * 100)))
}
