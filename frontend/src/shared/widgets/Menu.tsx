import { ContextMenu as BaseContext } from '@base-ui/react/context-menu'
import { Menu as BaseMenu } from '@base-ui/react/menu'
import type { Icon } from '@tabler/icons-react'
import { IconCheck } from '@tabler/icons-react'
import type { ReactElement, ReactNode } from 'react'
import { canRun, run } from '@/shared/keys/dispatch'
import { acts, type ActId } from '@/shared/keys/table'
import { t } from '@/shared/i18n'
import { Kbd } from './Kbd'
import styles from './Menu.module.css'

interface MenuProps {
  trigger: ReactElement
  children: ReactNode
  align?: 'start' | 'center' | 'end'
  side?: 'top' | 'bottom' | 'left' | 'right'
}

export function Menu({ trigger, children, align = 'start', side = 'bottom' }: MenuProps) {
  return (
    <BaseMenu.Root>
      <BaseMenu.Trigger render={trigger} />
      <BaseMenu.Portal>
        <BaseMenu.Positioner className={styles.positioner} align={align} side={side} sideOffset={4}>
          <BaseMenu.Popup className={styles.popup}>{children}</BaseMenu.Popup>
        </BaseMenu.Positioner>
      </BaseMenu.Portal>
    </BaseMenu.Root>
  )
}

/** The same items by the right button (or a long press) on the thing itself. */
export function ContextMenu({ children, items }: { children: ReactElement; items: ReactNode }) {
  return (
    <BaseContext.Root>
      <BaseContext.Trigger render={children} />
      <BaseContext.Portal>
        <BaseContext.Positioner className={styles.positioner}>
          <BaseContext.Popup className={styles.popup}>{items}</BaseContext.Popup>
        </BaseContext.Positioner>
      </BaseContext.Portal>
    </BaseContext.Root>
  )
}

interface ItemProps {
  icon?: Icon
  keys?: string | undefined
  checked?: boolean
  danger?: boolean
  note?: ReactNode
  onSelect: () => void
  children: ReactNode
}

export function MenuItem({ icon: Glyph, keys, checked, danger, note, onSelect, children }: ItemProps) {
  return (
    <BaseMenu.Item className={styles.item} data-danger={danger ? '' : undefined} onClick={onSelect}>
      <span className={styles.glyph}>{Glyph ? <Glyph size={16} stroke={1.75} aria-hidden /> : null}</span>
      <span className={styles.words}>{children}</span>
      {note === undefined ? null : <span className={styles.note}>{note}</span>}
      {checked ? <IconCheck size={14} stroke={2} aria-hidden /> : null}
      {keys ? <Kbd keys={keys} /> : null}
    </BaseMenu.Item>
  )
}

/** A menu line for an act of the table; it is not drawn when the act cannot be done here. */
export function ActItem({ act, label }: { act: ActId; label?: string }) {
  if (!canRun(act)) return null
  return (
    <MenuItem icon={acts[act].icon} keys={acts[act].keys[0]} onSelect={() => run(act)}>
      {label ?? t(`act.${act}`)}
    </MenuItem>
  )
}

export function MenuLabel({ children }: { children: ReactNode }) {
  return <div className={styles.label}>{children}</div>
}

export function MenuLine() {
  return <BaseMenu.Separator className={styles.line} />
}
