import type { Icon } from '@tabler/icons-react'
import { useEffect, useState, type ReactNode } from 'react'
import { t } from '@/shared/i18n'
import { asProblem } from '@/shared/api/problem'
import { Button } from './Button'
import styles from './States.module.css'

/** Draws its children only when waiting has become noticeable: what comes sooner should not flicker. */
export function Later({ after = 150, children }: { after?: number; children: ReactNode }) {
  const [late, setLate] = useState(false)
  useEffect(() => {
    const timer = window.setTimeout(() => setLate(true), after)
    return () => window.clearTimeout(timer)
  }, [after])
  return late ? children : null
}

/** A grey bar with the size of what comes. */
export function Bone({ width = '100%', height = 12 }: { width?: number | string; height?: number }) {
  return <span className={styles.bone} style={{ width, height }} />
}

export function Waiting({ children }: { children: ReactNode }) {
  return (
    <Later>
      <div role="status" aria-label={t('common.loading')}>
        {children}
      </div>
    </Later>
  )
}

interface EmptyProps {
  icon?: Icon
  title: string
  children?: ReactNode
}

/** Nothing here: one sentence, and the one thing to do. */
export function Empty({ icon: Glyph, title, children }: EmptyProps) {
  return (
    <div className={styles.empty}>
      {Glyph ? <Glyph size={28} stroke={1.25} aria-hidden className={styles.glyph} /> : null}
      <p className={styles.title}>{title}</p>
      {children}
    </div>
  )
}

interface TroubleProps {
  /** What did not work, in the person's words: "The thread could not be opened." */
  what: string
  /** What is safe nevertheless. */
  safe?: string
  error: unknown
  onRetry?: () => void
}

/** What happened, what is safe, what to do. The cause is small print. */
export function Trouble({ what, safe, error, onRetry }: TroubleProps) {
  const problem = asProblem(error)
  return (
    <div className={styles.empty} role="alert">
      <p className={styles.title}>{what}</p>
      <p className={styles.words}>
        {t(`problem.${problem.kind}`)} {safe}
      </p>
      {onRetry ? <Button onClick={onRetry}>{t('common.retry')}</Button> : null}
      {problem.detail || problem.status ? (
        <p className={styles.small}>{[problem.status || '', problem.detail].filter(Boolean).join(' · ')}</p>
      ) : null}
    </div>
  )
}
