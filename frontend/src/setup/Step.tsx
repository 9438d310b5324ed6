import type { Icon } from '@tabler/icons-react'
import { IconChevronDown, IconCircle, IconCircleCheck, IconCircleDashed } from '@tabler/icons-react'
import { useId, useState, type ReactNode } from 'react'
import { t } from '@/shared/i18n'
import styles from './SetUp.module.css'

/** `open`: to be done; `later`: it cannot be told yet. */
export type StepState = 'done' | 'open' | 'later'

const GLYPHS: Record<StepState, Icon> = { done: IconCircleCheck, open: IconCircle, later: IconCircleDashed }

interface Props {
  title: string
  /** What is so at this moment, in a line. */
  now: string
  state: StepState
  /** The first one that is to be done lies open. */
  first: boolean
  children: ReactNode
}

/** A step of setting up: what it is about, how it stands, and inside what to do. */
export function Step({ title, now, state, first, children }: Props) {
  const [chosen, setChosen] = useState<boolean | null>(null)
  const inside = useId()
  const open = chosen ?? first
  const Glyph = GLYPHS[state]
  return (
    <li className={styles.step} data-state={state}>
      <h3>
        <button type="button" className={styles.head} aria-expanded={open} aria-controls={inside} onClick={() => setChosen(!open)}>
          <Glyph size={20} stroke={1.75} role="img" aria-label={t(`setup.state.${state}`)} className={styles.glyph} />
          <span className={styles.words}>
            <span className={styles.title}>{title}</span>
            <span className={styles.now}>{now}</span>
          </span>
          <IconChevronDown size={16} stroke={1.75} aria-hidden className={styles.chevron} />
        </button>
      </h3>
      <div id={inside} hidden={!open} className={styles.inside}>
        {open ? children : null}
      </div>
    </li>
  )
}
