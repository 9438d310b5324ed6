import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import type { Icon } from '@tabler/icons-react'
import { IconCircleCheck, IconCircleX, IconHelpCircle, IconInfoCircle, IconRefresh, IconReportAnalytics } from '@tabler/icons-react'
import type { DomainCheck } from '@/shared/api/types'
import { t, type Key } from '@/shared/i18n'
import { Button } from '@/shared/widgets/Button'
import { Copyable } from '@/shared/widgets/Copyable'
import { Bone, Trouble, Waiting } from '@/shared/widgets/States'
import { Tag } from '@/shared/widgets/Tag'
import { checksQuery, domainsQuery } from './data'
import styles from './Domains.module.css'

/** What DNS says of the workspace's domains, and what to do about it. */
export function Domains() {
  const query = useQuery(domainsQuery)
  if (query.isPending) return <Bones />
  if (query.isError) return <Trouble what={t('domains.failed')} error={query.error} onRetry={() => void query.refetch()} />
  return (
    <>
      <p className={styles.hint}>{t('domains.hint')}</p>
      {query.data.items.map((domain) => (
        <Domain key={domain} name={domain} />
      ))}
    </>
  )
}

function Domain({ name }: { name: string }) {
  const query = useQuery(checksQuery(name))
  const checks = query.data?.items ?? []
  return (
    <section className={styles.domain} aria-label={name}>
      <header className={styles.head}>
        <h3 className={styles.name}>{name}</h3>
        {query.isSuccess ? <Summary checks={checks} /> : null}
        <Link to="/settings/domains/$domain" params={{ domain: name }} className={styles.link}>
          <IconReportAnalytics size={16} stroke={1.75} aria-hidden />
          {t('reports.open')}
        </Link>
        <Button look="quiet" icon={IconRefresh} busy={query.isFetching} onClick={() => void query.refetch()}>
          {t('domains.checkAgain')}
        </Button>
      </header>
      {query.isPending ? <Bones /> : null}
      {query.isError ? <Trouble what={t('domains.notChecked')} error={query.error} /> : null}
      <ul className={styles.checks}>
        {checks.map((check) => (
          <Check key={`${check.name} ${check.type}`} check={check} />
        ))}
      </ul>
    </section>
  )
}

function Summary({ checks }: { checks: readonly DomainCheck[] }) {
  const bad = checks.filter((check) => check.state === 'bad').length
  const unknown = checks.some((check) => check.state === 'unknown')
  if (bad > 0) return <Tag tone="red">{t('domains.bad', { count: bad })}</Tag>
  if (unknown) return <Tag tone="amber">{t('domains.unknown')}</Tag>
  return <Tag tone="green">{t('domains.good')}</Tag>
}

const GLYPHS: Record<DomainCheck['state'], Icon> = {
  good: IconCircleCheck,
  advice: IconInfoCircle,
  bad: IconCircleX,
  unknown: IconHelpCircle,
}

function Check({ check }: { check: DomainCheck }) {
  const Glyph = GLYPHS[check.state]
  const good = check.state === 'good'
  return (
    <li className={styles.check} data-state={check.state}>
      <Glyph size={18} stroke={1.75} role="img" aria-label={t(`domains.state.${check.state}`)} className={styles.glyph} />
      <div className={styles.words}>
        <p className={styles.label}>{t(`domains.subject.${check.subject}`)}</p>
        {good ? null : <p className={styles.advice}>{t(adviceOf(check))}</p>}
        <p className={styles.record}>
          <span className={styles.type}>{check.type}</span> {check.name}
        </p>
        {good || !check.wanted ? null : <Copyable text={check.wanted} label={t('domains.copy')} />}
        {good || check.found.length === 0 ? null : (
          <div className={styles.found}>
            <p className={styles.small}>{t('domains.found')}</p>
            {check.found.map((text) => (
              <code key={text} className={styles.value}>
                {text}
              </code>
            ))}
          </div>
        )}
      </div>
    </li>
  )
}

/** Some findings mean something else for the machine's own records than for those one publishes oneself. */
function adviceOf({ subject, finding }: DomainCheck): Key {
  if (subject === 'host' && finding === 'missing') return 'domains.advice.noAddress'
  if (subject === 'reverse' && (finding === 'missing' || finding === 'elsewhere')) return 'domains.advice.reverse'
  if (subject === 'mx' && finding === 'elsewhere') return 'domains.advice.mxElsewhere'
  return `domains.advice.${finding}`
}

function Bones() {
  return (
    <Waiting>
      <div className={styles.bones}>
        <Bone height={48} />
        <Bone height={48} />
        <Bone height={48} />
      </div>
    </Waiting>
  )
}
