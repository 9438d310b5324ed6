import { IconExternalLink } from '@tabler/icons-react'
import { useState } from 'react'
import { asProblem } from '@/shared/api/problem'
import type { MailProvider } from '@/shared/api/types'
import { t } from '@/shared/i18n'
import { Button } from '@/shared/widgets/Button'
import styles from './Accounts.module.css'
import { said } from './data'

interface Props {
  provider: MailProvider
  /** Where the provider asks. */
  ask: () => Promise<string>
}

/** The provider itself asks its member; this page is left for it, and comes back by itself. */
export function ConsentStep({ provider, ask }: Props) {
  const [busy, setBusy] = useState(false)
  const [trouble, setTrouble] = useState<string | null>(null)
  const name = said(provider.name)
  const leave = async () => {
    setBusy(true)
    setTrouble(null)
    try {
      window.location.assign(await ask())
    } catch (error) {
      const problem = asProblem(error)
      setBusy(false)
      setTrouble(problem.kind === 'conflict' ? t('accounts.linkedAlready') : t(`problem.${problem.kind}`))
    }
  }
  return (
    <section className={styles.provider} aria-label={t('accounts.consentAt', { provider: name })}>
      <p>{t('accounts.consentWords', { provider: name })}</p>
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
