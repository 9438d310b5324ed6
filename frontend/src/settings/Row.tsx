import type { ReactNode } from 'react'
import styles from './Settings.module.css'

/** One setting: what it is, and the control. */
export function Row({ label, hint, children }: { label: string; hint?: string; children: ReactNode }) {
  return (
    <div className={styles.row}>
      <div className={styles.words}>
        <p className={styles.label}>{label}</p>
        {hint ? <p className={styles.hint}>{hint}</p> : null}
      </div>
      {children}
    </div>
  )
}
