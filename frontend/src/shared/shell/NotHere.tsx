import { Link } from '@tanstack/react-router'
import { IconMailQuestion } from '@tabler/icons-react'
import { t } from '@/shared/i18n'
import { Empty } from '@/shared/widgets/States'
import styles from './Frame.module.css'

/** An address that leads nowhere. */
export function NotHere() {
  return (
    <main className={styles.alone}>
      <h1 className="hidden-visually">{t('shell.notHere')}</h1>
      <Empty icon={IconMailQuestion} title={t('shell.notHere')}>
        <p className={styles.aside}>{t('shell.notHereWhy')}</p>
        <Link to="/" className={styles.button}>
          {t('shell.toInbox')}
        </Link>
      </Empty>
    </main>
  )
}
