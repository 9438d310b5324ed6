import { Dialog as Base } from '@base-ui/react/dialog'
import { IconX } from '@tabler/icons-react'
import type { ReactNode, RefObject } from 'react'
import { t } from '@/shared/i18n'
import { IconButton } from './Button'
import styles from './Dialog.module.css'
import { classes } from './classes'

interface Props {
  open: boolean
  onClose: () => void
  title: string
  /** `center` asks or shows; `top` is the palette; `side` is a drawer. */
  place?: 'center' | 'top' | 'side'
  wide?: boolean
  bare?: boolean
  focus?: RefObject<HTMLElement | null>
  children: ReactNode
}

export function Dialog({ open, onClose, title, place = 'center', wide, bare, focus, children }: Props) {
  return (
    <Base.Root open={open} onOpenChange={(next) => !next && onClose()}>
      <Base.Portal>
        <Base.Backdrop className={styles.shade} />
        <Base.Popup
          className={classes(styles.popup, styles[place], wide && styles.wide)}
          {...(focus ? { initialFocus: focus } : {})}
        >
          {bare ? (
            <Base.Title className="hidden-visually">{title}</Base.Title>
          ) : (
            <header className={styles.head}>
              <Base.Title className={styles.title}>{title}</Base.Title>
              <IconButton icon={IconX} label={t('common.close')} onClick={onClose} />
            </header>
          )}
          {children}
        </Base.Popup>
      </Base.Portal>
    </Base.Root>
  )
}

export function DialogBody({ children }: { children: ReactNode }) {
  return <div className={styles.body}>{children}</div>
}

export function DialogFoot({ children }: { children: ReactNode }) {
  return <footer className={styles.foot}>{children}</footer>
}
