import { useQuery } from '@tanstack/react-query'
import type { LinkedAccountDetail, LinkedFolder } from '@/shared/api/types'
import { isKey, t } from '@/shared/i18n'
import { messageTime } from '@/shared/i18n/format'
import { Bone, Trouble, Waiting } from '@/shared/widgets/States'
import { Tag } from '@/shared/widgets/Tag'
import styles from './Accounts.module.css'
import { Avoiding } from './Avoiding'
import { accountQuery } from './data'
import { KeepingThere } from './KeepingThere'
import { LABELS } from './ServerFields'

/** Folder by folder: what the server has, what is here, what is not and why; its servers, and who did what. */
export function AccountDetails({ id }: { id: string }) {
  const query = useQuery(accountQuery(id))
  if (query.isPending) {
    return (
      <Waiting>
        <Bone height={96} />
      </Waiting>
    )
  }
  if (query.isError) return <Trouble what={t('accounts.detailFailed')} error={query.error} onRetry={() => void query.refetch()} />
  const { account, folders, servers, acts, keeping, avoiding } = query.data
  return (
    <div className={styles.details}>
      <Folders folders={folders} />
      <dl className={styles.facts}>
        <dt>{t(`accounts.protocol.${account.kind}`)}</dt>
        <dd>{wordsOf(servers.incoming)}</dd>
        {account.kind !== 'imap' && account.kind !== 'pop3' ? null : (
          <>
            <dt>{t('accounts.protocol.smtp')}</dt>
            <dd>{servers.outgoing ? wordsOf(servers.outgoing) : t('accounts.sendsNothing')}</dd>
          </>
        )}
        <dt>{t('accounts.login')}</dt>
        <dd>{servers.login}</dd>
        {keeping ? (
          <>
            <dt>{t('accounts.keeping')}</dt>
            <dd>
              <KeepingThere id={id} days={keeping.days} />
            </dd>
          </>
        ) : null}
        {avoiding ? (
          <>
            <dt>{t('accounts.avoiding')}</dt>
            <dd>
              <Avoiding id={id} extensions={avoiding.extensions} />
            </dd>
          </>
        ) : null}
      </dl>
      <ul className={styles.history} aria-label={t('accounts.history')}>
        {acts.map((each) => (
          <li key={`${each.at} ${each.act}`}>
            <time dateTime={each.at}>{messageTime(each.at)}</time> {actWords(each.act)}
            {each.member_id ? null : ` · ${t('accounts.byOperator')}`}
          </li>
        ))}
      </ul>
    </div>
  )
}

function Folders({ folders }: { folders: readonly LinkedFolder[] }) {
  if (folders.length === 0) return <p className={styles.hint}>{t('accounts.noFolders')}</p>
  return (
    <table className={styles.folders}>
      <thead>
        <tr>
          <th scope="col">{t('accounts.folder')}</th>
          <th scope="col">{t('accounts.there')}</th>
          <th scope="col">{t('accounts.here')}</th>
          <th scope="col">{t('accounts.unreadable')}</th>
        </tr>
      </thead>
      <tbody>
        {folders.map((each) => (
          <tr key={each.name}>
            <th scope="row">
              {each.name} {each.parked ? <Tag tone="amber">{t('accounts.parked')}</Tag> : null} {each.mirrored ? null : <Tag>{t('accounts.view')}</Tag>}
            </th>
            <td>{each.counts.there.toLocaleString()}</td>
            <td>{each.mirrored ? each.counts.stored.toLocaleString() : '–'}</td>
            <td>{(each.counts.failed + each.counts.filtered).toLocaleString()}</td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}

function wordsOf({ host, port, security }: NonNullable<LinkedAccountDetail['servers']['outgoing']>): string {
  return `${host} : ${String(port)} · ${LABELS[security]}`
}

/** Acts that the page does not know are shown as they are. */
function actWords(act: string): string {
  const key = `accounts.act.${act}`
  return isKey(key) ? t(key) : act
}
