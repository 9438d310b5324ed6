import { IconMail, IconX } from '@tabler/icons-react'
import { useDeferredValue, useEffect, type ReactNode } from 'react'
import type { Folder, ThreadRow, Verb } from '@/shared/api/types'
import { t } from '@/shared/i18n'
import { useActs } from '@/shared/keys/dispatch'
import { useLook } from '@/shared/look/look'
import { DRAWER, isNow, NARROW, useMedia } from '@/shared/look/width'
import { hide, show, useOverlays } from '@/shared/shell/overlays'
import { ActButton, IconButton } from '@/shared/widgets/Button'
import { Dialog } from '@/shared/widgets/Dialog'
import { Empty } from '@/shared/widgets/States'
import { Kbd } from '@/shared/widgets/Kbd'
import { Separator } from '@/shared/widgets/Separator'
import { act, type Place } from './acting'
import { Customer } from './Customer'
import { readAhead } from './data'
import { MoveDialog } from './MoveDialog'
import { Reader } from './Reader'
import { clearSelection, toggle, useSelection } from './selection'
import styles from './Desk.module.css'

interface Props {
  place: Place | undefined
  rows: readonly ThreadRow[]
  openId: string | undefined
  open: (id: string | null) => void
  head: ReactNode
  list: ReactNode
}

/** List, reader and customer side by side; on a phone one after the other. */
export function Desk({ place, rows, openId, open, head, list }: Props) {
  const look = useLook()
  const narrow = useMedia(NARROW)
  const drawer = useMedia(DRAWER)
  const customerDrawer = useOverlays((state) => state.customer)
  const selected = useSelection((selection) => selection.ids)
  // The mail is drawn first, the customer beside it right after.
  const customerOf = useDeferredValue(openId)
  const chosen = useDeskActs({ place, rows, openId, open })
  const inDrawer = openId !== undefined && drawer
  // What lay over one thread on a narrow window does not come back over another, or with the next narrow window.
  useEffect(() => (inDrawer ? () => hide('customer') : undefined), [inDrawer])

  const withCustomer = openId !== undefined && look.customerOpen && !drawer
  return (
    <>
      <main className={styles.desk}>
        {narrow && openId ? null : (
          <section className={styles.list} style={{ '--width': `${look.listWidth}px` }} aria-label={t('inbox.list')}>
            <header className={styles.head}>{selected.size > 0 ? <Bulk count={selected.size} /> : head}</header>
            {list}
          </section>
        )}
        {narrow ? null : (
          <Separator label={t('inbox.listWidth')} value={look.listWidth} min={320} max={520} pane="before" onChange={(listWidth) => look.set({ listWidth })} />
        )}
        {narrow && !openId ? null : openId ? (
          <Reader threadId={openId} row={rows.find((row) => row.id === openId)} place={place} />
        ) : (
          <NothingOpen />
        )}
        {withCustomer ? (
          <Separator label={t('inbox.customerWidth')} value={look.customerWidth} min={280} max={440} pane="after" onChange={(customerWidth) => look.set({ customerWidth })} />
        ) : null}
      </main>
      {withCustomer ? (
        <aside className={styles.customer} style={{ '--width': `${look.customerWidth}px` }} aria-label={t('customer.panel')}>
          {customerOf ? <Customer threadId={customerOf} /> : null}
        </aside>
      ) : null}
      {inDrawer ? (
        <Dialog open={customerDrawer} onClose={() => hide('customer')} title={t('customer.panel')} place="side">
          <div className={styles.drawer}>
            <Customer threadId={openId} />
          </div>
        </Dialog>
      ) : null}
      {place ? <MoveDialog mailbox={place.mailbox} from={place.folder} onChoose={(to) => chosen('move', to)} /> : null}
    </>
  )
}

function NothingOpen() {
  return (
    <section className={styles.nothing} aria-label={t('inbox.reader')}>
      <Empty icon={IconMail} title={t('inbox.chooseThread')}>
        <p className={styles.hint}>
          <Kbd keys="j" /> <Kbd keys="k" /> {t('inbox.hintMove')} <Kbd keys="mod+k" /> {t('inbox.hintPalette')}
        </p>
      </Empty>
    </section>
  )
}

function Bulk({ count }: { count: number }) {
  return (
    <div className={styles.bulk}>
      <IconButton icon={IconX} label={t('inbox.selectNone')} onClick={clearSelection} />
      <span className={styles.bulkCount}>{t('inbox.selected', { count })}</span>
      <ActButton act="thread.done" />
      <ActButton act="thread.unread" />
      <ActButton act="thread.move" />
      <ActButton act="thread.trash" />
    </div>
  )
}

interface ActsOf {
  place: Place | undefined
  rows: readonly ThreadRow[]
  openId: string | undefined
  open: (id: string | null) => void
}

/** Offers the acts of a thread for what is selected, or else for what is open. */
function useDeskActs({ place, rows, openId, open }: ActsOf): (verb: Verb, to?: Folder) => void {
  const look = useLook()
  const selected = useSelection((selection) => selection.ids)
  const at = rows.findIndex((row) => row.id === openId)
  const targets = selected.size > 0 ? rows.filter((row) => selected.has(row.id)) : rows.filter((row) => row.id === openId)
  const next = rows[at + 1]
  const previous = at > 0 ? rows[at - 1] : undefined

  useEffect(() => {
    for (const near of [rows[at + 1], rows[at + 2], rows[at - 1]]) if (near) readAhead(near.id)
  }, [at, rows])

  const chosen = (verb: Verb, to?: Folder) => {
    if (!place) return
    void act(verb, targets, place, to)
    clearSelection()
    const leaves = verb !== 'flag' && verb !== 'unflag' && verb !== 'read'
    if (leaves && targets.some((row) => row.id === openId)) open(verb === 'unread' ? null : (next?.id ?? previous?.id ?? null))
  }
  const offer = (verb: Verb) => (place && targets.length > 0 ? () => chosen(verb) : undefined)
  const role = place?.folder.role
  const flagged = targets.length > 0 && targets.every((row) => row.flagged)

  useActs({
    'thread.next': rows.length > 0 ? () => open((at < 0 ? rows[0] : next)?.id ?? openId ?? null) : undefined,
    'thread.previous': previous ? () => open(previous.id) : undefined,
    'thread.open': !openId && rows[0] ? () => open(rows[0]?.id ?? null) : openId ? focusReader : undefined,
    'thread.back': selected.size > 0 ? clearSelection : openId ? () => open(null) : undefined,
    'thread.select': openId ? () => toggle(openId) : undefined,
    'thread.done': role === 'archive' ? undefined : offer('done'),
    'thread.trash': role === 'trash' ? undefined : offer('trash'),
    'thread.junk': role === 'junk' ? undefined : offer('junk'),
    'thread.inbox': role === 'inbox' ? undefined : offer('inbox'),
    'thread.unread': offer('unread'),
    'thread.flag': offer(flagged ? 'unflag' : 'flag'),
    'thread.move': place && targets.length > 0 ? () => show('move') : undefined,
    'thread.customer': openId ? () => (isNow(DRAWER) ? show('customer') : look.set({ customerOpen: !look.customerOpen })) : undefined,
  })
  return chosen
}

function focusReader(): void {
  document.getElementById('reader')?.focus()
}
