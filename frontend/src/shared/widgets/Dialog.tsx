import { Dialog as Base } from '@base-ui/react/dialog'
import { IconX } from '@tabler/icons-react'
import { useRef, type ReactNode, type RefObject } from 'react'
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
  /** Nearly the window: for something to look at. */
  large?: boolean
  bare?: boolean
  focus?: RefObject<HTMLElement | null>
  children: ReactNode
}

export function Dialog({ open, onClose, title, place = 'center', wide, large, bare, focus, children }: Props) {
  const popup = useRef<HTMLDivElement>(null)
  return (
    <Base.Root open={open} onOpenChange={(next) => !next && onClose()}>
      <Base.Portal>
        <Base.Backdrop className={styles.shade} />
        <Base.Popup
          ref={popup}
          className={classes(styles.popup, styles[place], wide && styles.wide, large && styles.large)}
          initialFocus={focus ?? ((by) => (by === 'touch' ? popup.current : firstOf(popup.current)))}
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

/** What is asked for, else the dialog: not Close, whose tooltip would take the first Escape for itself. */
function firstOf(popup: HTMLElement | null): HTMLElement | null {
  return popup?.querySelector<HTMLElement>('input, textarea, footer button') ?? popup
}

export function DialogBody({ children }: { children: ReactNode }) {
  return (
    // What is longer than the dialog must be scrolled by keys too.
    // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex
    <div className={styles.body} tabIndex={0}>
      {children}
    </div>
  )
}

export function DialogFoot({ children }: { children: ReactNode }) {
  return <footer className={styles.foot}>{children}</footer>
}
