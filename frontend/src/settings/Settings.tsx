import { Link, useParams } from '@tanstack/react-router'
import type { Icon } from '@tabler/icons-react'
import { IconLock, IconPalette, IconSignature, IconUser } from '@tabler/icons-react'
import { t, type Key } from '@/shared/i18n'
import { NotHere } from '@/shared/shell/NotHere'
import { useTitle } from '@/shared/shell/title'
import { Look } from './Look'
import { Profile } from './Profile'
import { Security } from './Security'
import { Signature } from './Signature'
import styles from './Settings.module.css'

const SECTIONS: Record<string, { icon: Icon; label: Key; page: () => React.ReactNode }> = {
  profile: { icon: IconUser, label: 'settings.profile', page: Profile },
  look: { icon: IconPalette, label: 'settings.look', page: Look },
  signature: { icon: IconSignature, label: 'settings.signature', page: Signature },
  security: { icon: IconLock, label: 'settings.security', page: Security },
}

/** A member's own settings. */
export function Settings() {
  const { section = 'profile' } = useParams({ strict: false })
  const here = SECTIONS[section]
  useTitle(t('act.go.settings'))
  if (!here) return <NotHere />
  const Page = here.page
  return (
    <main className={styles.page}>
      <nav className={styles.nav} aria-label={t('act.go.settings')}>
        <h1 className={styles.title}>{t('act.go.settings')}</h1>
        {Object.entries(SECTIONS).map(([name, { icon: Glyph, label }]) => (
          <Link key={name} to="/settings/$section" params={{ section: name }} className={styles.link} activeProps={{ className: styles.here }}>
            <Glyph size={16} stroke={1.75} aria-hidden />
            {t(label)}
          </Link>
        ))}
      </nav>
      <div className={styles.scroll}>
        <div className={styles.inside}>
          <h2 className={styles.heading}>{t(here.label)}</h2>
          <Page />
        </div>
      </div>
    </main>
  )
}
