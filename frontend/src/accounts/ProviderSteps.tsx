import { IconExternalLink } from '@tabler/icons-react'
import type { MailProvider } from '@/shared/api/types'
import { t } from '@/shared/i18n'
import styles from './Accounts.module.css'
import { said } from './data'

/** What is done at the provider first, in its own words, and where. */
export function ProviderSteps({ provider }: { provider: MailProvider }) {
  const { steps, page } = provider
  if (steps.length === 0) return null
  return (
    <section className={styles.provider} aria-label={titleOf(provider)}>
      <h4 className={styles.providerTitle}>{titleOf(provider)}</h4>
      <ol className={styles.providerSteps}>
        {steps.map((each) => (
          <li key={each.en}>{said(each)}</li>
        ))}
      </ol>
      <a className={styles.link} href={page} target="_blank" rel="noreferrer noopener">
        <IconExternalLink size={16} stroke={1.75} aria-hidden />
        {t('accounts.openPage', { host: new URL(page).host })}
      </a>
    </section>
  )
}

function titleOf({ name, secret, secret_name: code, secret_sometimes: sometimes, switched_off: off }: MailProvider): string {
  const provider = said(name)
  if (secret === 'code' && !sometimes) return t('accounts.needsCode', { provider, code: said(code) })
  return t(off ? 'accounts.needsSwitch' : 'accounts.mayNeedCode', { provider, code: said(code) })
}
