import { useQuery, useSuspenseQuery } from '@tanstack/react-query'
import { api } from './client'
import { cache } from './cache'
import type { Folder, Mailbox, Me, MeChange } from './types'

export const meQuery = { queryKey: ['me'], queryFn: () => api.get<Me>('/me'), staleTime: 5 * 60_000 }

/** The member who is signed in. Only below the frame, which waits for it. */
export function useMe(): Me {
  return useSuspenseQuery(meQuery).data
}

export function useMeState() {
  return useQuery(meQuery)
}

export async function changeMe(change: MeChange): Promise<void> {
  const me = await api.patch<Me>('/me', change)
  cache.setQueryData(meQuery.queryKey, me)
}

/** The folder that an address of the page names: by its role, or by its id when it has none. */
export function folderOf(mailbox: Mailbox | undefined, name: string): Folder | undefined {
  return mailbox?.folders.find((folder) => folder.role === name || folder.id === name)
}

export function folderName(folder: Folder): string {
  return folder.role ?? folder.id
}

export function mailboxOf(me: Me, address: string): Mailbox | undefined {
  return me.mailboxes.find((mailbox) => mailbox.address === address)
}

/** Mail that nobody has read in the inboxes of the member's other mailboxes. */
export function unreadElsewhere(me: Me, here: Mailbox): { mailbox: Mailbox; unread: number }[] {
  return me.mailboxes
    .filter((mailbox) => mailbox.id !== here.id)
    .map((mailbox) => ({ mailbox, unread: folderOf(mailbox, 'inbox')?.unread ?? 0 }))
    .filter(({ unread }) => unread > 0)
}

/** Keeps the unread number next to a folder right while the server has not spoken yet. */
export function shiftUnread(mailboxId: string, folderId: string, by: number): void {
  cache.setQueryData<Me>(meQuery.queryKey, (me) =>
    me && {
      ...me,
      mailboxes: me.mailboxes.map((mailbox) =>
        mailbox.id !== mailboxId
          ? mailbox
          : {
              ...mailbox,
              folders: mailbox.folders.map((folder) =>
                folder.id === folderId ? { ...folder, unread: Math.max(0, folder.unread + by) } : folder,
              ),
            },
      ),
    },
  )
}
