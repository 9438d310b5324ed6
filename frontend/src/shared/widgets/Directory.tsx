import { useVirtualizer } from '@tanstack/react-virtual'
import type { Icon } from '@tabler/icons-react'
import { IconSearch } from '@tabler/icons-react'
import { useEffect, useRef, useState, type ReactNode } from 'react'
import { t } from '@/shared/i18n'
import { run, useActs } from '@/shared/keys/dispatch'
import type { ActId } from '@/shared/keys/table'
import { ActButton, Button } from './Button'
import styles from './Directory.module.css'
import { RowBones } from './Rows'
import { Empty, Trouble, Waiting } from './States'

export interface DirectoryRow {
  id: string
  label: string
  cells: readonly ReactNode[]
}

interface Query {
  isPending: boolean
  isError: boolean
  error: unknown
  hasNextPage: boolean
  isFetchingNextPage: boolean
  fetchNextPage: () => Promise<unknown>
  refetch: () => Promise<unknown>
}

interface Props {
  title: string
  columns: readonly string[]
  icon: Icon
  empty: string
  failed: string
  query: Query
  rows: readonly DirectoryRow[]
  q: string
  onSearch: (q: string) => void
  onOpen: (id: string) => void
  /** What makes a new one. */
  make: ActId
}

const ROW = 44
const ASK_AFTER_MS = 160

/** A long table of records with a search field: contacts, companies. j and k move, Enter opens. */
export function Directory({ title, columns, icon, empty, failed, query, rows, q, onSearch, onOpen, make }: Props) {
  const [at, setAt] = useState(0)
  const scroller = useRef<HTMLDivElement>(null)
  // It measures by itself; the React compiler, which we do not use, could not cache it.
  // eslint-disable-next-line react-hooks/incompatible-library
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW,
    getItemKey: (index) => rows[index]?.id ?? index,
    overscan: 10,
  })
  const here = Math.min(at, rows.length - 1)
  const move = (to: number) => {
    const next = Math.max(0, Math.min(rows.length - 1, to))
    setAt(next)
    virtual.scrollToIndex(next, { align: 'auto' })
  }
  useActs({
    'thread.next': rows.length > 0 ? () => move(here + 1) : undefined,
    'thread.previous': rows.length > 0 ? () => move(here - 1) : undefined,
    'thread.open': rows[here] ? () => onOpen(rows[here]?.id ?? '') : undefined,
  })

  const items = virtual.getVirtualItems()
  const last = items.at(-1)?.index ?? 0
  useEffect(() => {
    if (query.hasNextPage && !query.isFetchingNextPage && last >= rows.length - 12) void query.fetchNextPage()
  }, [query, last, rows.length])

  return (
    <main className={styles.page}>
      <header className={styles.head}>
        <h1 className={styles.title}>{title}</h1>
        <Find q={q} onSearch={onSearch} />
        <ActButton act={make} />
      </header>
      <div ref={scroller} className={styles.scroll}>
        {query.isPending ? (
          <Waiting>
            <RowBones count={10} />
          </Waiting>
        ) : query.isError && rows.length === 0 ? (
          <Trouble what={failed} error={query.error} onRetry={() => void query.refetch()} />
        ) : rows.length === 0 ? (
          <Empty icon={icon} title={empty}>{q ? null : <Button onClick={() => run(make)}>{t(`act.${make}`)}</Button>}</Empty>
        ) : (
          <div role="table" aria-label={title} aria-rowcount={rows.length}>
            <div role="row" className={styles.columns}>
              {columns.map((column) => (
                <span key={column} role="columnheader" className={styles.cell}>
                  {column}
                </span>
              ))}
            </div>
            <div role="rowgroup" className={styles.rows} style={{ height: virtual.getTotalSize() }}>
              {items.map((item) => {
                const row = rows[item.index]
                if (!row) return null
                return (
                  // The name is a link for keys and screen readers; the whole row is for the pointer.
                  // eslint-disable-next-line jsx-a11y/click-events-have-key-events, jsx-a11y/interactive-supports-focus
                  <div
                    key={item.key}
                    role="row"
                    className={styles.row}
                    data-here={item.index === here ? '' : undefined}
                    style={{ transform: `translateY(${item.start}px)` }}
                    onClick={() => onOpen(row.id)}
                  >
                    {row.cells.map((cell, index) => (
                      <span key={index} role="cell" className={styles.cell}>
                        {cell}
                      </span>
                    ))}
                  </div>
                )
              })}
            </div>
          </div>
        )}
      </div>
    </main>
  )
}

function Find({ q, onSearch }: { q: string; onSearch: (q: string) => void }) {
  const [text, setText] = useState(q)
  const input = useRef<HTMLInputElement>(null)
  useActs({ 'page.search': () => input.current?.focus() })
  useEffect(() => {
    if (text.trim() === q) return
    const timer = window.setTimeout(() => onSearch(text.trim()), ASK_AFTER_MS)
    return () => window.clearTimeout(timer)
  }, [text, q, onSearch])
  return (
    <label className={styles.find}>
      <IconSearch size={16} stroke={1.75} aria-hidden />
      <input
        ref={input}
        className={styles.input}
        type="text"
        aria-label={t('common.find')}
        placeholder={t('common.find')}
        value={text}
        onChange={(event) => setText(event.target.value)}
        onKeyDown={(event) => event.key === 'Escape' && event.currentTarget.blur()}
      />
    </label>
  )
}
