import { useInfiniteQuery, infiniteQueryOptions } from '@tanstack/react-query'
import { useNavigate, useParams, useSearch } from '@tanstack/react-router'
import { IconSearch, IconSearchOff } from '@tabler/icons-react'
import { useCallback, useEffect, useMemo } from 'react'
import { api } from '@/shared/api/client'
import { useMe } from '@/shared/api/me'
import type { Page, ThreadRow } from '@/shared/api/types'
import { t } from '@/shared/i18n'
import { useTitle } from '@/shared/shell/title'
import { Empty, Trouble, Waiting } from '@/shared/widgets/States'
import { RowBones } from '@/shared/widgets/Rows'
import { Desk } from '@/inbox/Desk'
import { useOpening } from '@/inbox/opening'
import { clearSelection } from '@/inbox/selection'
import { ThreadList } from '@/inbox/ThreadList'
import { OPERATORS, problemOf, readSearch } from './operators'
import { SearchField } from './SearchField'
import styles from './Search.module.css'

function searchQuery(q: string) {
  return infiniteQueryOptions({
    queryKey: ['search', q],
    queryFn: ({ pageParam, signal }) => api.get<Page<ThreadRow>>('/search', { query: { q, cursor: pageParam, limit: 60 }, signal }),
    initialPageParam: '',
    getNextPageParam: (last) => last.next_cursor ?? undefined,
    enabled: q !== '',
  })
}

/** All mail one may read, by words and operators; the address keeps the search. */
export function Search() {
  const { q = '' } = useSearch({ from: '/frame/search' })
  const { thread } = useParams({ strict: false })
  const navigate = useNavigate()
  const query = useInfiniteQuery(searchQuery(q))
  const rows = useMemo(() => query.data?.pages.flatMap((page) => page.items) ?? [], [query.data])
  const go = useCallback(
    (id: string | null) =>
      void (id
        ? navigate({ to: '/search/$thread', params: { thread: id }, search: { q }, replace: thread !== undefined })
        : navigate({ to: '/search', search: { q } })),
    [navigate, q, thread],
  )
  const [openId, open] = useOpening(thread, go)
  const me = useMe()
  const row = rows.find((each) => each.id === openId)
  const place = useMemo(() => {
    const mailbox = me.mailboxes.find((each) => each.id === row?.mailbox_id)
    const folder = mailbox?.folders.find((each) => each.id === row?.folder_id)
    return mailbox && folder ? { mailbox, folder } : undefined
  }, [me.mailboxes, row?.mailbox_id, row?.folder_id])
  useTitle(q ? `${q} · ${t('act.page.search')}` : t('act.page.search'))
  useEffect(() => clearSelection, [q])

  const ask = (next: string) => void navigate({ to: '/search', search: next ? { q: next } : {} })
  const { fetchNextPage, isFetchingNextPage } = query
  const loadMore = useCallback(() => {
    if (!isFetchingNextPage) void fetchNextPage()
  }, [fetchNextPage, isFetchingNextPage])

  const list = !q ? (
    <Hints onChoose={ask} />
  ) : query.isPending ? (
    <Waiting>
      <RowBones count={8} />
    </Waiting>
  ) : query.isError && !wrongTerm(q) ? (
    <Trouble what={t('search.failed')} error={query.error} onRetry={() => void query.refetch()} />
  ) : rows.length === 0 ? (
    <Nothing q={q} />
  ) : (
    <ThreadList label={t('search.results')} rows={rows} openId={openId} hasMore={query.hasNextPage} loadMore={loadMore} onOpen={open} />
  )
  return <Desk place={place} rows={rows} openId={openId} open={open} head={<SearchField key={q} q={q} onAsk={ask} />} list={list} />
}

/** What cannot be meant is said in the reader's words, not in the server's. */
function wrongTerm(q: string) {
  return readSearch(q).find((term) => problemOf(term) !== null)
}

function Nothing({ q }: { q: string }) {
  const wrong = wrongTerm(q)
  return (
    <Empty icon={IconSearchOff} title={t('search.nothing')}>
      <p className={styles.aside}>
        {wrong ? t(problemOf(wrong) === 'date' ? 'search.badDate' : 'search.badValue', { value: wrong.value }) : t('search.fewer')}
      </p>
    </Empty>
  )
}

const EXAMPLES = ['from:wang has:attachment', 'subject:报价 after:2026-09', 'is:unread in:inbox', '"spare parts" before:2026-10-01']

function Hints({ onChoose }: { onChoose: (q: string) => void }) {
  return (
    <div className={styles.hints}>
      <p className={styles.lead}>
        <IconSearch size={16} stroke={1.75} aria-hidden />
        {t('search.lead')}
      </p>
      <dl className={styles.operators}>
        {OPERATORS.map((operator) => (
          <div key={operator} className={styles.operator}>
            <dt>
              <code>{operator}:</code>
            </dt>
            <dd>{t(`search.${operator}`)}</dd>
          </div>
        ))}
      </dl>
      <p className={styles.lead}>{t('search.examples')}</p>
      <ul className={styles.examples}>
        {EXAMPLES.map((example) => (
          <li key={example}>
            <button type="button" className={styles.example} onClick={() => onChoose(example)}>
              <code>{example}</code>
            </button>
          </li>
        ))}
      </ul>
    </div>
  )
}
