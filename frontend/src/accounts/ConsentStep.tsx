import { IconExternalLink } from '@tabler/icons-react'
import { useState } from 'react'
import { asProblem } from '@/shared/api/problem'
import type { MailProvider } from '@/shared/api/types'
import { t } from '@/shared/i18n'
import { Button } from '@/shared/widgets/Button'
import { Segmented } from '@/shared/widgets/Field'
import styles from './Accounts.module.css'
import { said } from './data'

type Consent = MailProvider['consents'][number]

interface Props {
  provider: MailProvider
  /** What the consent may be for, the best first. */
  kinds: readonly Consent[]
  /** Where the provider asks. */
  ask: (kind: Consent | undefined) => Promise<string>
}

/** The provider itself asks its member; this page is left for it, and comes back by itself. */
export function ConsentStep({ provider, kinds, ask }: Props) {
  const [kind, setKind] = useState(kinds[0])
  const [busy, setBusy] = useState(false)
  const [trouble, setTrouble] = useState<string | null>(null)
  const name = said(provider.name)
  const leave = async () => {
    setBusy(true)
    setTrouble(null)
    try {
      window.location.assign(await ask(kind))
    } catch (error) {
      const problem = asProblem(error)
      setBusy(false)
      setTrouble(problem.kind === 'conflict' ? t('accounts.linkedAlready') : t(`problem.${problem.kind}`))
    }
  }
  return (
    <section className={styles.provider} aria-label={t('accounts.consentAt', { provider: name })}>
      <p>{t('accounts.consentWords', { provider: name })}</p>
      {kind && kinds.length > 1 ? (
        <details className={styles.fold}>
          <summary>{t('accounts.otherWays')}</summary>
          <Segmented label={t('accounts.fetching')} value={kind} choices={kinds.map((each) => ({ value: each, label: t(`accounts.kind.${each}`) }))} onChange={setKind} />
        </details>
      ) : null}
      <Button look="main" icon={IconExternalLink} busy={busy} onClick={() => void leave()}>
        {t('accounts.consentAt', { provider: name })}
      </Button>
      {trouble ? (
        <p role="alert" className={styles.notice} data-tone="red">
          {trouble}
        </p>
      ) : null}
    </section>
  )
}
