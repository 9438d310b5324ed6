import { useQuery } from '@tanstack/react-query'
import { IconPlugConnected } from '@tabler/icons-react'
import type { Knock, Machine } from '@/shared/api/types'
import { t } from '@/shared/i18n'
import { Button } from '@/shared/widgets/Button'
import { Trouble } from '@/shared/widgets/States'
import { Tag } from '@/shared/widgets/Tag'
import { knocksQuery } from './data'
import styles from './SetUp.module.css'

const TONES = { open: 'green', closed: 'red', silent: 'amber' } as const

/** Where the house hears, which ports answer outside, and what usually stands between. */
export function Ports({ machine }: { machine: Machine }) {
  const query = useQuery({ ...knocksQuery, enabled: false })
  return (
    <>
      <p>{t('setup.portsWords')}</p>
      <p className={styles.trap}>{t('setup.port25')}</p>
      <ul className={styles.ports}>
        {machine.listeners.map((each) => (
          <li key={each.name} className={styles.port}>
            <span className={styles.listener}>{each.name}</span>
            <span className={styles.place}>{each.host === null ? t('setup.off') : `${each.host}:${String(each.port)}`}</span>
            {each.reach === 'machine' ? <Tag tone="amber">{t('setup.machineOnly')}</Tag> : null}
            {knocksOf(query.data?.items, each.name).map((knock) => (
              <Tag key={knock.address} tone={TONES[knock.answer]}>
                {t(`setup.answer.${knock.answer}`, { place: `${knock.address} ${String(knock.port)}` })}
              </Tag>
            ))}
          </li>
        ))}
      </ul>
      <Button icon={IconPlugConnected} busy={query.isFetching} onClick={() => void query.refetch()}>
        {t('setup.knock')}
      </Button>
      {query.isError ? <Trouble what={t('setup.notKnocked')} error={query.error} /> : null}
      {query.data?.items.length === 0 ? <p className={styles.small}>{t('setup.noAddress', { name: machine.hostname })}</p> : null}
      <p className={styles.small}>{t('setup.knockHint')}</p>
    </>
  )
}

function knocksOf(knocks: readonly Knock[] | undefined, listener: string): readonly Knock[] {
  return (knocks ?? []).filter((each) => each.listener === listener)
}
