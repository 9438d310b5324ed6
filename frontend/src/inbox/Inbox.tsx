import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { Outlet, useNavigate, useParams } from '@tanstack/react-router'
import { IconCoffee, IconMoodEmpty, IconRefresh } from '@tabler/icons-react'
import { useCallback, useEffect, useMemo } from 'react'
import { folderOf, mailboxOf, unreadElsewhere, useMe } from '@/shared/api/me'
import type { Folder, Mailbox } from '@/shared/api/types'
import { t } from '@/shared/i18n'
import { NARROW, useMedia } from '@/shared/look/width'
import { ActButton, Button, IconButton } from '@/shared/widgets/Button'
import { Empty, Trouble, Waiting } from '@/shared/widgets/States'
import { RowBones } from '@/shared/widgets/Rows'
import { folderLabel } from '@/shared/shell/folders'
import { NotHere } from '@/shared/shell/NotHere'
import { useTitle } from '@/shared/shell/title'
import { draftsQuery } from '@/composer/data'
import { DraftRows } from '@/composer/DraftRows'
import { writeNew } from '@/composer/store'
import { threadsQuery } from './data'
import { Desk } from './Desk'
import { FolderMenu } from './FolderMenu'
import { useOpening } from './opening'
import { clearSelection } from './selection'
import { ThreadList } from './ThreadList'

/** One folder of one mailbox: its list, the thread that is open, and its customer. */
export function Inbox() {
  const { mailbox: address = '', folder: name = '' } = useParams({ strict: false })
  const me = useMe()
  const mailbox = mailboxOf(me, address)
  const folder = folderOf(mailbox, name)
  if (!mailbox || !folder) return <NotHere />
  return <FolderDesk key={folder.id} mailbox={mailbox} folder={folder} name={name} />
}

function FolderDesk({ mailbox, folder, name }: { mailbox: Mailbox; folder: Folder; name: string }) {
  const navigate = useNavigate()
  const { thread } = useParams({ strict: false })
  const query = useInfiniteQuery(threadsQuery(mailbox.id, folder.id))
  const rows = useMemo(() => query.data?.pages.flatMap((page) => page.items) ?? [], [query.data])
  const params = useMemo(() => ({ mailbox: mailbox.address, folder: name }), [mailbox.address, name])
  useTitle(folder.unread > 0 ? `${folderLabel(folder)} (${folder.unread})` : folderLabel(folder))
  useEffect(() => clearSelection, [])

  const go = useCallback(
    (id: string | null) =>
      void (id
        ? navigate({ to: '/mail/$mailbox/$folder/$thread', params: { ...params, thread: id }, replace: thread !== undefined })
        : navigate({ to: '/mail/$mailbox/$folder', params })),
    [navigate, params, thread],
  )
  const [openId, open] = useOpening(thread, go)
  const { fetchNextPage, isFetchingNextPage } = query
  const loadMore = useCallback(() => {
    if (!isFetchingNextPage) void fetchNextPage()
  }, [fetchNextPage, isFetchingNextPage])

  const narrow = useMedia(NARROW)
  const kept = useQuery(draftsQuery).data?.items.length ?? 0
  const drafts = folder.role === 'drafts' && !mailbox.shared ? kept : 0
  const found = query.isPending ? (
    <Waiting>
      <RowBones count={12} />
    </Waiting>
  ) : query.isError && rows.length === 0 ? (
    <Trouble what={t('inbox.listFailed')} safe={t('inbox.listSafe')} error={query.error} onRetry={() => void query.refetch()} />
  ) : rows.length === 0 ? drafts > 0 ? null : (
    <FolderEmpty folder={folder} mailbox={mailbox} />
  ) : (
    <ThreadList label={folderLabel(folder)} rows={rows} openId={openId} hasMore={query.hasNextPage} loadMore={loadMore} onOpen={open} />
  )

  const list = drafts > 0 ? (
    <>
      <DraftRows />
      {found}
    </>
  ) : found

  return (
    <>
      <Desk
        place={{ mailbox, folder }}
        rows={rows}
        openId={openId}
        open={open}
        head={
          <>
            <FolderMenu mailbox={mailbox} folder={folder} />
            {narrow ? <ActButton act="write.new" /> : null}
            <IconButton icon={IconRefresh} label={t('inbox.refresh')} onClick={() => void query.refetch()} />
          </>
        }
        list={list}
      />
      <Outlet />
    </>
  )
}

function FolderEmpty({ folder, mailbox }: { folder: Folder; mailbox: Mailbox }) {
  const me = useMe()
  const navigate = useNavigate()
  const elsewhere = unreadElsewhere(me, mailbox)
  if (folder.role === 'inbox' && elsewhere.length > 0) {
    return (
      <Empty icon={IconCoffee} title={t('inbox.emptyHere')}>
        {elsewhere.map(({ mailbox: other, unread }) => (
          <Button key={other.id} onClick={() => void navigate({ to: '/mail/$mailbox/$folder', params: { mailbox: other.address, folder: 'inbox' } })}>
            {t('shell.folderWith', { name: other.name, count: unread })}
          </Button>
        ))}
      </Empty>
    )
  }
  if (folder.role === 'inbox') {
    return (
      <Empty icon={IconCoffee} title={t('inbox.emptyInbox')}>
        <Button onClick={() => writeNew(mailbox.address)} keys="c">
          {t('act.write.new')}
        </Button>
      </Empty>
    )
  }
  return <Empty icon={IconMoodEmpty} title={t('inbox.emptyFolder', { folder: folderLabel(folder) })} />
}
