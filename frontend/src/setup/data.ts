import { queryOptions } from '@tanstack/react-query'
import { api } from '@/shared/api/client'
import type { Certificate, Knock, Machine, MessageDelivery, Sent, Thread } from '@/shared/api/types'

/** Whether anybody has set up this house; asked anew, since it changes once and then never. */
export function isTaken(): Promise<{ taken: boolean }> {
  return api.get<{ taken: boolean }>('/setup')
}

export const machineQuery = queryOptions({
  queryKey: ['setup', 'machine'],
  queryFn: ({ signal }) => api.get<Machine>('/setup/machine', { signal }),
  staleTime: 0,
})

/** While a certificate is on its way, it is looked after often. */
const CERTIFICATE_EVERY_MS = 2_000

/** Asked for, due by now, and neither there nor refused. */
export function isUnderWay({ wish }: Certificate): boolean {
  return wish !== null && new Date(wish.due_at) <= new Date()
}

export const certificateQuery = queryOptions({
  queryKey: ['setup', 'certificate'],
  queryFn: ({ signal }) => api.get<Certificate>('/certificate', { signal }),
  refetchInterval: ({ state }) => (state.data && isUnderWay(state.data) ? CERTIFICATE_EVERY_MS : false),
  staleTime: 0,
})

/** Who calls this has agreed to the terms of Let’s Encrypt. */
export function askForCertificate(): Promise<Certificate> {
  return api.put<Certificate>('/certificate', { authority: 'letsencrypt', agreed: true })
}

export function tryCertificateAgain(): Promise<Certificate> {
  return api.post<Certificate>('/certificate/attempts')
}

export const knocksQuery = queryOptions({
  queryKey: ['setup', 'ports'],
  queryFn: ({ signal }) => api.get<{ items: Knock[] }>('/setup/ports', { signal }),
  staleTime: 0,
})

/** While one waits for a test mail, it is looked after often. */
const LOOK_EVERY_MS = 2_000

export function deliveryQuery(id: string) {
  return queryOptions({
    queryKey: ['setup', 'delivery', id],
    queryFn: ({ signal }) => api.get<MessageDelivery>(`/messages/${id}/delivery`, { signal }),
    refetchInterval: ({ state }) => (state.data && ['sent', 'failed', 'cancelled'].includes(state.data.delivery) ? false : LOOK_EVERY_MS),
  })
}

/** The answer arrives in the thread of the test mail. */
export function answerQuery(thread: string) {
  return queryOptions({
    queryKey: ['thread', thread],
    queryFn: ({ signal }) => api.get<Thread>(`/threads/${thread}`, { signal }),
    refetchInterval: ({ state }) => (state.data?.messages.some((message) => !message.outgoing) ? false : LOOK_EVERY_MS),
    staleTime: 0,
  })
}

/** A test mail under way; kept in this browser, so that one can leave and come back. */
export interface Trial {
  id: string
  thread: string
  to: string
}

const KEPT = 'posthouse.trial'

export function keptTrial(member: string): Trial | null {
  try {
    const kept = JSON.parse(localStorage.getItem(`${KEPT}.${member}`) ?? 'null') as Trial | null
    return kept && typeof kept.id === 'string' && typeof kept.thread === 'string' ? kept : null
  } catch {
    return null
  }
}

export async function sendTrial(member: string, from: string, to: string, subject: string, text: string): Promise<Trial> {
  const sent = await api.post<Sent>('/messages', { from, to: [{ name: '', address: to }], subject, text })
  const trial = { id: sent.id, thread: sent.thread_id, to }
  localStorage.setItem(`${KEPT}.${member}`, JSON.stringify(trial))
  return trial
}

export function forgetTrial(member: string): void {
  localStorage.removeItem(`${KEPT}.${member}`)
}
