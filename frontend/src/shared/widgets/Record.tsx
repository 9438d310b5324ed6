import { Link } from '@tanstack/react-router'
import { IconChevronLeft } from '@tabler/icons-react'
import type { ReactNode } from 'react'
import styles from './Record.module.css'
import { Bone, Trouble, Waiting } from './States'

interface Props {
  query: { isPending: boolean; isError: boolean; error: unknown; data: unknown; refetch: () => Promise<unknown> }
  failed: string
  up: '/contacts' | '/companies'
  upLabel: string
  children: ReactNode
}

/** The page of one record: way back, head, facts beside the story. */
export function Record({ query, failed, up, upLabel, children }: Props) {
  return (
    <main className={styles.page}>
      <nav className={styles.up}>
        <Link to={up} className={styles.back}>
          <IconChevronLeft size={16} stroke={1.75} aria-hidden />
          {upLabel}
        </Link>
      </nav>
      <div className={styles.inside}>
        {query.isPending ? (
          <Waiting>
            <div className={styles.bones}>
              <Bone width={48} height={48} />
              <Bone width="32%" height={20} />
              <Bone width="56%" />
              <Bone width="48%" />
            </div>
          </Waiting>
        ) : query.isError && !query.data ? (
          <Trouble what={failed} error={query.error} onRetry={() => void query.refetch()} />
        ) : (
          children
        )}
      </div>
    </main>
  )
}

export function Facts({ children }: { children: ReactNode }) {
  return <dl className={styles.list}>{children}</dl>
}

export function Fact({ label, children }: { label: string; children: ReactNode }) {
  if (!children) return null
  return (
    <div className={styles.fact}>
      <dt>{label}</dt>
      <dd>{children}</dd>
    </div>
  )
}
