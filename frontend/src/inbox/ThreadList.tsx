import { useVirtualizer } from '@tanstack/react-virtual'
import { useCallback, useEffect, useMemo, useRef } from 'react'
import type { ThreadRow } from '@/shared/api/types'
import { useMe } from '@/shared/api/me'
import { t } from '@/shared/i18n'
import { useLook } from '@/shared/look/look'
import { RowBones } from '@/shared/widgets/Rows'
import { Later } from '@/shared/widgets/States'
import { readAhead } from './data'
import { selectRange, toggle, useSelection } from './selection'
import { ThreadRowView } from './ThreadRowView'
import styles from './ThreadList.module.css'

interface Props {
  label: string
  rows: readonly ThreadRow[]
  openId: string | undefined
  hasMore: boolean
  loadMore: () => void
  onOpen: (id: string) => void
}

/** A list of any length: only the rows on screen exist. */
export function ThreadList({ label, rows, openId, hasMore, loadMore, onOpen }: Props) {
  const me = useMe()
  const mine = useMemo(() => new Set(me.mailboxes.map((mailbox) => mailbox.address.toLowerCase())), [me.mailboxes])
  const compact = useLook((look) => look.density === 'compact')
  const selected = useSelection((selection) => selection.ids)
  const scroller = useRef<HTMLDivElement>(null)
  const height = compact ? 36 : 60
  // It measures by itself; the React compiler, which we do not use, could not cache it.
  // eslint-disable-next-line react-hooks/incompatible-library
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => height,
    getItemKey: (index) => rows[index]?.id ?? index,
    overscan: 8,
  })

  useEffect(() => virtual.measure(), [height, virtual])

  const openAt = openId ? rows.findIndex((row) => row.id === openId) : -1
  useEffect(() => {
    if (openAt >= 0) virtual.scrollToIndex(openAt, { align: 'auto' })
  }, [openAt, virtual])

  const items = virtual.getVirtualItems()
  const lastSeen = items.at(-1)?.index ?? 0
  useEffect(() => {
    if (hasMore && lastSeen >= rows.length - 12) loadMore()
  }, [hasMore, lastSeen, rows.length, loadMore])

  const onSelect = useCallback(
    (id: string, range: boolean) => (range ? selectRange(id, rows.map((row) => row.id)) : toggle(id)),
    [rows],
  )

  return (
    <div ref={scroller} className={styles.scroller}>
      <div
        role="listbox"
        aria-label={label}
        aria-activedescendant={openId && openAt >= 0 ? `row-${openId}` : undefined}
        tabIndex={0}
        data-keys
        className={styles.list}
        style={{ height: virtual.getTotalSize() }}
      >
        {items.map((item) => {
          const row = rows[item.index]
          if (!row) return null
          return (
            <div key={item.key} role="presentation" className={styles.place} style={{ transform: `translateY(${item.start}px)` }}>
              <ThreadRowView
                row={row}
                mine={mine}
                here={row.id === openId}
                selected={selected.has(row.id)}
                selecting={selected.size > 0}
                onOpen={onOpen}
                onSelect={onSelect}
                onNear={readAhead}
              />
            </div>
          )
        })}
      </div>
      {hasMore ? (
        <Later>
          <div role="status" aria-label={t('common.loading')}>
            <RowBones count={2} />
          </div>
        </Later>
      ) : null}
    </div>
  )
}
