import { useQuery } from '@tanstack/react-query'
import { IconLink } from '@tabler/icons-react'
import type { MemberAccount } from '@/shared/api/types'
import { t } from '@/shared/i18n'
import { Bone, Empty, Trouble, Waiting } from '@/shared/widgets/States'
import { Tag } from '@/shared/widgets/Tag'
import styles from './Accounts.module.css'
import { wallQuery } from './data'
import { GLYPHS, standingOf, standingWords, worstFirst } from './health'
import { Progress } from './Progress'

/** Everybody's accounts, those that need a person on top: how they stand, none of their mail. */
export function Wall() {
  const query = useQuery(wallQuery)
  if (query.isPending) {
    return (
      <Waiting>
        <div className={styles.bones}>
          <Bone height={56} />
          <Bone height={56} />
          <Bone height={56} />
        </div>
      </Waiting>
    )
  }
  if (query.isError) return <Trouble what={t('accounts.wallFailed')} error={query.error} onRetry={() => void query.refetch()} />
  const items = [...query.data.items].sort((one, other) => worstFirst(one.account, other.account))
  if (items.length === 0) return <Empty icon={IconLink} title={t('accounts.wallEmpty')} />
  const stuck = items.filter(({ account }) => ['locked', 'failing'].includes(standingOf(account))).length
  return (
    <>
      <p className={styles.hint}>{t('accounts.wallHint')}</p>
      <p className={styles.sum}>
        {t('accounts.count', { count: items.length })} {stuck > 0 ? <Tag tone="red">{t('accounts.stuck', { count: stuck })}</Tag> : <Tag tone="green">{t('accounts.allGood')}</Tag>}
      </p>
      <ul className={styles.list} aria-label={t('settings.wall')}>
        {items.map((each) => (
          <Row key={each.account.id} item={each} />
        ))}
      </ul>
    </>
  )
}

function Row({ item }: { item: MemberAccount }) {
  const { account, member_name: name, member_address: whose } = item
  const standing = standingOf(account)
  const Glyph = GLYPHS[standing]
  const { error } = account
  return (
    <li className={styles.account} data-standing={standing}>
      <div className={styles.row}>
        <Glyph size={20} stroke={1.5} aria-hidden className={styles.glyph} />
        <div className={styles.words}>
          <p className={styles.name}>{account.address}</p>
          <p className={styles.hint}>{t('accounts.of', { name, address: whose })}</p>
          <p className={styles.hint}>
            {standingWords(account)} {account.behind ? <Tag tone="amber">{t('accounts.behind')}</Tag> : null}
          </p>
          {error && (standing === 'locked' || standing === 'failing') ? <p className={styles.wallWrong}>{t(`accounts.error.${error}`)}</p> : null}
        </div>
      </div>
      {standing === 'syncing' ? <Progress account={account} /> : null}
    </li>
  )
}
