import { infiniteQueryOptions, queryOptions, type InfiniteData } from '@tanstack/react-query'
import { cache } from '@/shared/api/cache'
import { api } from '@/shared/api/client'
import type { Acted, Folder, FolderRole, Mailbox, Message, Page, Thread, ThreadActs, ThreadRow, Verb } from '@/shared/api/types'

export const PAGE = 60

export function threadsQuery(mailboxId: string, folderId: string) {
  return infiniteQueryOptions({
    queryKey: ['threads', mailboxId, folderId],
    queryFn: ({ pageParam, signal }) =>
      api.get<Page<ThreadRow>>('/threads', {
        query: { mailbox: mailboxId, folder: folderId, cursor: pageParam, limit: PAGE },
        signal,
      }),
    initialPageParam: '',
    getNextPageParam: (last) => last.next_cursor ?? undefined,
  })
}

/** Threads given to this member one by one, of mailboxes he does not have. */
export const sharedQuery = infiniteQueryOptions({
  queryKey: ['threads', 'shared'],
  queryFn: ({ pageParam, signal }) => api.get<Page<ThreadRow>>('/threads/shared', { query: { cursor: pageParam, limit: PAGE }, signal }),
  initialPageParam: '',
  getNextPageParam: (last) => last.next_cursor ?? undefined,
})

export function threadQuery(id: string) {
  return queryOptions({
    queryKey: ['thread', id],
    queryFn: ({ signal }) => api.get<Thread>(`/threads/${id}`, { signal }),
  })
}

/** Reads a thread that will probably be opened next; if that fails, opening it will say so. */
export function readAhead(id: string): void {
  cache.query(threadQuery(id)).catch(() => undefined)
}

/** The same message with its remote images fetched by our server, so that the sender does not learn of the reader. */
export function withImages(messageId: string): Promise<Message> {
  return api.get<Message>(`/messages/${messageId}`, { query: { images: 'remote' } })
}

type Threads = InfiniteData<Page<ThreadRow>, string>

/** Lists that were read, wherever they are shown: a folder, or what a search found. */
export function changeRows(change: (row: ThreadRow) => ThreadRow | null, under: readonly unknown[] = ['threads']): void {
  cache.setQueriesData<Threads>({ queryKey: under }, (data) =>
    data && {
      ...data,
      pages: data.pages.map((page) => ({
        ...page,
        items: page.items.flatMap((row) => change(row) ?? []),
      })),
    },
  )
}

export function verbTarget(verb: Verb, mailbox: Mailbox, to: string | undefined): Folder | undefined {
  const roles: Partial<Record<Verb, FolderRole>> = { done: 'archive', trash: 'trash', junk: 'junk', inbox: 'inbox' }
  const role = roles[verb]
  return mailbox.folders.find((folder) => (role ? folder.role === role : folder.id === to))
}

export function postActs(acts: Omit<ThreadActs, 'message_ids'> | ThreadActs): Promise<Acted> {
  return api.post('/threads/acts', acts)
}
