import { IconMailbox } from '@tabler/icons-react'
import type { Detection } from '@/shared/api/types'
import { t } from '@/shared/i18n'
import styles from './Accounts.module.css'
import { said } from './data'
import { LABELS } from './ServerFields'
import { unvouched, usedOf } from './servers'

/** Who has the mailbox and how we know; names that nobody vouches for are to be looked at. */
export function FoundServers({ found }: { found: Detection }) {
  const { provider, exchange, address, takes_no_mail: nowhere } = found
  const shown = usedOf(found)
  const first = shown[0]
  const doubtful = unvouched(found)
  if (!first) {
    // Of a provider that lets nobody in, that is said below.
    if (provider?.closed) return null
    if (nowhere) {
      return (
        <p className={styles.notice} data-tone="amber">
          {t('accounts.noMail', { domain: address.slice(address.lastIndexOf('@') + 1) })}
        </p>
      )
    }
    return <p className={styles.notice}>{exchange ? t('accounts.exchange', { host: exchange }) : t('accounts.nothing')}</p>
  }
  return (
    <>
      <div className={styles.found}>
        <IconMailbox size={20} stroke={1.5} aria-hidden className={styles.foundGlyph} />
        <div className={styles.words}>
          <p className={styles.name}>{provider ? said(provider.name) : first.host}</p>
          {shown.map((each) => (
            <p key={each.protocol} className={styles.hint}>
              {t(`accounts.protocol.${each.protocol}`)} {each.host} : {each.port} · {LABELS[each.security]}
            </p>
          ))}
          <p className={styles.hint}>{t(`accounts.way.${first.way}`, { where: first.detail })}</p>
        </div>
      </div>
      {doubtful.length > 0 ? (
        <p className={styles.notice} data-tone="amber">
          {t('accounts.unvouched', { hosts: doubtful.map((each) => each.host).join(t('common.comma')) })}
        </p>
      ) : null}
    </>
  )
}
