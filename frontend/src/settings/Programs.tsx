import { useQuery } from '@tanstack/react-query'
import { IconDownload } from '@tabler/icons-react'
import { api } from '@/shared/api/client'
import type { MailPrograms, MailService } from '@/shared/api/types'
import { t } from '@/shared/i18n'
import { Bone, Trouble, Waiting } from '@/shared/widgets/States'
import { AppPasswordList } from './AppPasswordList'
import { LABELS } from './protocols'
import { Row } from './Row'
import styles from './Settings.module.css'

const PROFILE = '/api/v1/me/mail-profile'

const SECURITY: Record<MailService['security'], string> = { tls: 'SSL/TLS', starttls: 'STARTTLS' }

/** What to enter in a mail program, and a profile for those that take one. */
export function Programs() {
  const query = useQuery({ queryKey: ['mail-programs'], queryFn: () => api.get<MailPrograms>('/me/mail-programs') })
  if (query.isPending) {
    return (
      <Waiting>
        <Bone height={160} />
      </Waiting>
    )
  }
  if (query.isError) return <Trouble what={t('settings.programs.failed')} error={query.error} onRetry={() => void query.refetch()} />
  const { address, services } = query.data
  return (
    <>
      <p className={styles.hint}>{t('settings.programs.hint')}</p>
      <Row label={t('settings.programs.name')} hint={t('settings.programs.nameHint')}>
        <span className={styles.value}>{address}</span>
      </Row>
      {services.map((service) => (
        <Row key={`${service.protocol} ${service.security}`} label={t(LABELS[service.protocol])} hint={SECURITY[service.security]}>
          <span className={styles.value}>
            {service.host} : {service.port}
          </span>
        </Row>
      ))}
      {hasProfile(services) ? (
        <Row label={t('settings.programs.apple')} hint={t('settings.programs.appleHint')}>
          <a className={styles.get} href={PROFILE} download="mail.mobileconfig">
            <IconDownload size={16} stroke={1.75} aria-hidden />
            {t('settings.programs.profile')}
          </a>
        </Row>
      ) : null}
      <AppPasswordList />
    </>
  )
}

/** A profile needs TLS from the start, for both ways. */
function hasProfile(services: readonly MailService[]): boolean {
  return (['imap', 'smtp'] as const).every((protocol) => services.some((each) => each.protocol === protocol && each.security === 'tls'))
}
