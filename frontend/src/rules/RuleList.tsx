import { IconArrowDown, IconArrowUp, IconDots, IconGripVertical, IconPencil, IconPlayerPlay, IconTrash } from '@tabler/icons-react'
import { useState, type DragEvent, type KeyboardEvent } from 'react'
import type { Folder, Rule } from '@/shared/api/types'
import { t } from '@/shared/i18n'
import { IconButton } from '@/shared/widgets/Button'
import { Switch } from '@/shared/widgets/Field'
import { Menu, MenuItem, MenuLine } from '@/shared/widgets/Menu'
import { actionsInWords, conditionsInWords, runs } from './parts'
import styles from './Rules.module.css'

interface Props {
  rules: readonly Rule[]
  folders: readonly Folder[]
  onOpen: (at: number) => void
  onSwitch: (at: number, on: boolean) => void
  onMove: (from: number, to: number) => void
  onRun: (at: number) => void
  onRemove: (at: number) => void
}

/** Rules in their order: dragged by their handle, or moved by arrow keys on it. */
export function RuleList({ rules, folders, onOpen, onSwitch, onMove, onRun, onRemove }: Props) {
  const [dragged, setDragged] = useState<number | null>(null)
  const [over, setOver] = useState<number | null>(null)
  const move = (from: number, to: number) => {
    if (to >= 0 && to < rules.length && to !== from) onMove(from, to)
  }
  const done = () => {
    setDragged(null)
    setOver(null)
  }
  const dragging = (at: number) => ({
    onDragOver: (event: DragEvent) => {
      if (dragged === null) return
      event.preventDefault()
      setOver(at)
    },
    onDrop: (event: DragEvent) => {
      event.preventDefault()
      if (dragged !== null) move(dragged, at)
      done()
    },
  })
  return (
    <ol className={styles.list} aria-label={t('settings.rules')}>
      {rules.map((rule, at) => (
        <li key={at} className={styles.rule} data-over={over === at && dragged !== at ? (dragged !== null && dragged < at ? 'below' : 'above') : undefined} {...dragging(at)}>
          <Handle number={at + 1} onStart={() => setDragged(at)} onEnd={done} onStep={(step) => move(at, at + step)} />
          <button type="button" className={styles.told} data-off={rule.on ? undefined : ''} aria-label={t('rules.change', { number: at + 1 })} onClick={() => onOpen(at)}>
            <span className={styles.conditions}>{conditionsInWords(rule)}</span>
            <span className={styles.actions}>{actionsInWords(rule, folders)}</span>
          </button>
          <Switch label={t('rules.on', { number: at + 1 })} checked={rule.on} onChange={(on) => onSwitch(at, on)} />
          <Menu align="end" trigger={<IconButton icon={IconDots} label={t('common.more')} />}>
            <MenuItem icon={IconPencil} onSelect={() => onOpen(at)}>
              {t('rules.edit')}
            </MenuItem>
            <MenuItem icon={IconArrowUp} onSelect={() => move(at, at - 1)}>
              {t('rules.up')}
            </MenuItem>
            <MenuItem icon={IconArrowDown} onSelect={() => move(at, at + 1)}>
              {t('rules.down')}
            </MenuItem>
            {runs(rule) ? (
              <MenuItem icon={IconPlayerPlay} onSelect={() => onRun(at)}>
                {t('rules.run')}
              </MenuItem>
            ) : null}
            <MenuLine />
            <MenuItem icon={IconTrash} danger onSelect={() => onRemove(at)}>
              {t('rules.remove')}
            </MenuItem>
          </Menu>
        </li>
      ))}
    </ol>
  )
}

interface HandleProps {
  number: number
  onStart: () => void
  onEnd: () => void
  onStep: (step: -1 | 1) => void
}

function Handle({ number, onStart, onEnd, onStep }: HandleProps) {
  const step = (event: KeyboardEvent<HTMLButtonElement>) => {
    const by = event.key === 'ArrowUp' ? -1 : event.key === 'ArrowDown' ? 1 : undefined
    if (!by) return
    event.preventDefault()
    onStep(by)
    // The focus goes with the rule: it is the handle of that place now.
    const rows = event.currentTarget.closest('ol')?.querySelectorAll<HTMLElement>('[data-handle]')
    rows?.[number - 1 + by]?.focus()
  }
  return (
    <button type="button" className={styles.handle} data-handle="" draggable aria-label={t('rules.handle', { number })} onDragStart={onStart} onDragEnd={onEnd} onKeyDown={step}>
      <IconGripVertical size={16} stroke={1.75} aria-hidden />
    </button>
  )
}
