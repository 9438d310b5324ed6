import type { ErrorComponentProps } from '@tanstack/react-router'
import { IconMoodSad, IconRefresh } from '@tabler/icons-react'
import { t } from '@/shared/i18n'
import { Button } from '@/shared/widgets/Button'
import { Empty } from '@/shared/widgets/States'
import styles from './Frame.module.css'
import { MissingPart } from './MissingPart'

/** The page itself broke. Drawing it anew keeps what is being written; after an update only loading it anew helps. */
export function Fault({ error, reset }: ErrorComponentProps) {
  const renewed = isMissingPart(error)
  return (
    <main className={styles.alone}>
      <div role="alert">
        <Empty icon={renewed ? IconRefresh : IconMoodSad} title={t(renewed ? 'shell.renewed' : 'shell.fault')}>
          <p className={styles.aside}>{t(renewed ? 'shell.renewedWhy' : 'shell.faultSafe')}</p>
          {renewed ? null : <Button onClick={reset}>{t('common.retry')}</Button>}
          <Button look={renewed ? 'main' : 'quiet'} onClick={() => window.location.reload()}>
            {t('shell.reload')}
          </Button>
        </Empty>
      </div>
    </main>
  )
}

/** A part of the page that is loaded when needed did not come. */
function isMissingPart(error: unknown): boolean {
  return error instanceof MissingPart || (error instanceof Error && /dynamically imported module|importing a module script|preload CSS/i.test(error.message))
}
