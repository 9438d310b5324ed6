import { IconPlugConnectedX } from '@tabler/icons-react'
import { useConnection } from '@/shared/live/live'
import { t } from '@/shared/i18n'
import { Button } from '@/shared/widgets/Button'
import styles from './Connection.module.css'

/** Says so when the page no longer hears the server. */
export function Connection() {
  const { lost, retry } = useConnection()
  return (
    <div role="status">
      {lost ? (
        <div className={styles.bar}>
          <IconPlugConnectedX size={16} stroke={1.75} aria-hidden />
          <span className={styles.words}>{t('shell.connectionLost')}</span>
          <Button look="quiet" className={styles.retry} onClick={retry}>
            {t('shell.connectNow')}
          </Button>
        </div>
      ) : null}
    </div>
  )
}
