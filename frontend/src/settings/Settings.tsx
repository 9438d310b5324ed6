import { Link, useParams } from '@tanstack/react-router'
import type { Icon } from '@tabler/icons-react'
import { IconAt, IconDatabase, IconDevices, IconFilter, IconKey, IconLink, IconLock, IconPalette, IconPlaneDeparture, IconRocket, IconRoute, IconSend, IconSignature, IconUser, IconWorld } from '@tabler/icons-react'
import { Accounts } from '@/accounts/Accounts'
import { Wall } from '@/accounts/Wall'
import { useMe } from '@/shared/api/me'
import { AwayPage } from '@/rules/AwayPage'
import { Keeping } from '@/keeping/Keeping'
import { Rules } from '@/rules/Rules'
import { t, type Key } from '@/shared/i18n'
import { NotHere } from '@/shared/shell/NotHere'
import { useTitle } from '@/shared/shell/title'
import { SetUp } from '@/setup/SetUp'
import { Queue } from '@/queue/Queue'
import { Addresses } from '@/workspace/Addresses'
import { DomainReports } from '@/reports/DomainReports'
import { Domains } from '@/workspace/Domains'
import { Relays } from '@/workspace/Relays'
import { SignIn } from '@/workspace/SignIn'
import { Look } from './Look'
import { Profile } from './Profile'
import { Programs } from './Programs'
import { Security } from './Security'
import { Signature } from './Signature'
import styles from './Settings.module.css'

interface Section {
  icon: Icon
  label: Key
  page: () => React.ReactNode
}

const OWN: Record<string, Section> = {
  profile: { icon: IconUser, label: 'settings.profile', page: Profile },
  look: { icon: IconPalette, label: 'settings.look', page: Look },
  signature: { icon: IconSignature, label: 'settings.signature', page: Signature },
  rules: { icon: IconFilter, label: 'settings.rules', page: Rules },
  away: { icon: IconPlaneDeparture, label: 'settings.away', page: AwayPage },
  accounts: { icon: IconLink, label: 'settings.accounts', page: Accounts },
  programs: { icon: IconDevices, label: 'settings.programs', page: Programs },
  security: { icon: IconLock, label: 'settings.security', page: Security },
}

/** For those who run the workspace. */
const WORKSPACE: Record<string, Section> = {
  domains: { icon: IconWorld, label: 'settings.domains', page: Domains },
  addresses: { icon: IconAt, label: 'settings.addresses', page: Addresses },
  wall: { icon: IconLink, label: 'settings.wall', page: Wall },
  keeping: { icon: IconDatabase, label: 'settings.keeping', page: Keeping },
  'sign-in': { icon: IconKey, label: 'settings.signIn', page: SignIn },
  setup: { icon: IconRocket, label: 'settings.setup', page: SetUp },
  relays: { icon: IconRoute, label: 'settings.relays', page: Relays },
  queue: { icon: IconSend, label: 'settings.queue', page: Queue },
}

/** A member's own settings, and the workspace's for those who run it. */
export function Settings() {
  const { domain, section = domain ? 'domains' : 'profile' } = useParams({ strict: false })
  const runs = useMe().role === 'admin'
  const here = OWN[section] ?? (runs ? WORKSPACE[section] : undefined)
  useTitle(t('act.go.settings'))
  if (!here) return <NotHere />
  const Page = here.page
  return (
    <main className={styles.page}>
      <nav className={styles.nav} aria-label={t('act.go.settings')}>
        <h1 className={styles.title}>{t('act.go.settings')}</h1>
        <Links sections={OWN} />
        {runs ? (
          <>
            <p className={styles.part}>{t('settings.workspace')}</p>
            <Links sections={WORKSPACE} />
          </>
        ) : null}
      </nav>
      <div className={styles.scroll}>
        <div className={styles.inside}>
          <h2 className={styles.heading}>{domain ? t('reports.of', { domain }) : t(here.label)}</h2>
          {domain ? <DomainReports domain={domain} /> : <Page />}
        </div>
      </div>
    </main>
  )
}

function Links({ sections }: { sections: Record<string, Section> }) {
  return Object.entries(sections).map(([name, { icon: Glyph, label }]) => (
    <Link key={name} to="/settings/$section" params={{ section: name }} className={styles.link} activeProps={{ className: styles.here }}>
      <Glyph size={16} stroke={1.75} aria-hidden />
      {t(label)}
    </Link>
  ))
}
