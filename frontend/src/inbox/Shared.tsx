import { useInfiniteQuery } from '@tanstack/react-query'
import { useNavigate, useParams } from '@tanstack/react-router'
import { IconUsersGroup } from '@tabler/icons-react'
import { useCallback, useEffect, useMemo } from 'react'
import { t } from '@/shared/i18n'
import { useTitle } from '@/shared/shell/title'
import { RowBones } from '@/shared/widgets/Rows'
import { Empty, Trouble, Waiting } from '@/shared/widgets/States'
import { sharedQuery } from './data'
import { Desk } from './Desk'
import { useOpening } from './opening'
import { clearSelection } from './selection'
import styles from './Shared.module.css'
import { ThreadList } from './ThreadList'

/** Threads that colleagues gave to this member, one by one: to be read, not to be filed. */
export function Shared() {
  const { thread } = useParams({ strict: false })
  const navigate = useNavigate()
  const query = useInfiniteQuery(sharedQuery)
  const rows = useMemo(() => query.data?.pages.flatMap((page) => page.items) ?? [], [query.data])
  useTitle(t('act.go.shared'))
  useEffect(() => clearSelection, [])
  const go = useCallback(
    (id: string | null) =>
      void (id ? navigate({ to: '/shared/$thread', params: { thread: id }, replace: thread !== undefined }) : navigate({ to: '/shared' })),
    [navigate, thread],
  )
  const [openId, open] = useOpening(thread, go)
  const { fetchNextPage, isFetchingNextPage } = query
  const loadMore = useCallback(() => {
    if (!isFetchingNextPage) void fetchNextPage()
  }, [fetchNextPage, isFetchingNextPage])
  const list = query.isPending ? (
    <Waiting>
      <RowBones count={8} />
    </Waiting>
  ) : query.isError && rows.length === 0 ? (
    <Trouble what={t('inbox.listFailed')} safe={t('inbox.listSafe')} error={query.error} onRetry={() => void query.refetch()} />
  ) : rows.length === 0 ? (
    <Empty icon={IconUsersGroup} title={t('inbox.emptyShared')} />
  ) : (
    <ThreadList label={t('act.go.shared')} rows={rows} openId={openId} hasMore={query.hasNextPage} loadMore={loadMore} onOpen={open} />
  )
  return <Desk place={undefined} rows={rows} openId={openId} open={open} head={<h1 className={styles.title}>{t('act.go.shared')}</h1>} list={list} />
}
