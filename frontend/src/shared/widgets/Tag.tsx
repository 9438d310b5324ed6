import type { Icon } from '@tabler/icons-react'
import type { ReactNode } from 'react'
import styles from './Tag.module.css'

interface Props {
  tone?: 'plain' | 'green' | 'amber' | 'red'
  icon?: Icon
  title?: string
  children: ReactNode
}

/** A word about a thing: who owes an answer, whether a sender is who he says. */
export function Tag({ tone = 'plain', icon: Glyph, title, children }: Props) {
  return (
    <span className={styles.tag} data-tone={tone} title={title}>
      {Glyph ? <Glyph size={12} stroke={2} aria-hidden /> : null}
      {children}
    </span>
  )
}
