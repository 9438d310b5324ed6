import { IconX } from '@tabler/icons-react'
import { useEffect, useState } from 'react'
import { create } from 'zustand'
import { useActs } from '@/shared/keys/dispatch'
import { t } from '@/shared/i18n'
import { Button, IconButton } from './Button'
import styles from './undo.module.css'

interface Notice {
  id: number
  words: string
  tone: 'plain' | 'trouble'
  until: number
  /** How long it stays, in ms: drawn as a thin line for acts that run out. */
  stay: number
  undo?: (() => void) | undefined
  retry?: (() => void) | undefined
}

interface Notices {
  list: Notice[]
}

const UNDO_MS = 8_000
const MOST = 3

const useNotices = create<Notices>(() => ({ list: [] }))
let next = 1

function show(notice: Omit<Notice, 'id' | 'until'>): number {
  const id = next++
  const list = useNotices.getState().list.slice(-(MOST - 1))
  useNotices.setState({ list: [...list, { ...notice, id, until: Date.now() + notice.stay }] })
  return id
}

export function dismiss(id: number): void {
  useNotices.setState({ list: useNotices.getState().list.filter((notice) => notice.id !== id) })
}

/** Something was done that can be taken back. */
export function offerUndo(words: string, undo: () => void, stay = UNDO_MS): number {
  return show({ words, undo, stay, tone: 'plain' })
}

export function say(words: string): number {
  return show({ words, stay: 4_000, tone: 'plain' })
}

/** Something did not work: it stays until it is read. */
export function complain(words: string, retry?: () => void): number {
  return show({ words, retry, stay: 600_000, tone: 'trouble' })
}

function undoLast(): void {
  const last = useNotices.getState().list.findLast((notice) => notice.undo)
  if (!last) return
  dismiss(last.id)
  last.undo?.()
}

/** The bars at the bottom: what was just done, with Undo. */
export function UndoBar() {
  const { list } = useNotices()
  useActs({ 'page.undo': list.some((notice) => notice.undo) ? undoLast : undefined })
  return (
    <div className={styles.stack} role="status" aria-live="polite">
      {list.map((notice) => (
        <Bar key={notice.id} notice={notice} />
      ))}
    </div>
  )
}

function Bar({ notice }: { notice: Notice }) {
  const [held, setHeld] = useState(false)
  useEffect(() => {
    if (held) return
    const timer = window.setTimeout(() => dismiss(notice.id), Math.max(0, notice.until - Date.now()))
    return () => window.clearTimeout(timer)
  }, [held, notice])

  const act = (run: () => void) => () => {
    dismiss(notice.id)
    run()
  }
  return (
    <div
      className={styles.bar}
      data-tone={notice.tone}
      // Reading takes the time it takes, except where the server counts (sending).
      onPointerEnter={() => !notice.undo && setHeld(true)}
      onPointerLeave={() => setHeld(false)}
    >
      <span className={styles.words}>{notice.words}</span>
      {notice.undo ? (
        <Button look="quiet" className={styles.act} keys="z" onClick={act(notice.undo)}>
          {t('common.undo')}
        </Button>
      ) : null}
      {notice.retry ? (
        <Button look="quiet" className={styles.act} onClick={act(notice.retry)}>
          {t('common.retry')}
        </Button>
      ) : null}
      <IconButton icon={IconX} size={16} label={t('common.dismiss')} onClick={() => dismiss(notice.id)} />
      {notice.undo ? <span className={styles.line} style={{ animationDuration: `${notice.stay}ms` }} /> : null}
    </div>
  )
}
