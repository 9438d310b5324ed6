import { useQuery } from '@tanstack/react-query'
import { Link, useNavigate, useParams } from '@tanstack/react-router'
import { IconArrowsJoin2, IconPencil, IconTrash } from '@tabler/icons-react'
import { useState } from 'react'
import { writeNew } from '@/composer/store'
import { Owed } from '@/inbox/Customer'
import { t } from '@/shared/i18n'
import { messageTime } from '@/shared/i18n/format'
import { acts } from '@/shared/keys/table'
import { useTitle } from '@/shared/shell/title'
import { Avatar } from '@/shared/widgets/Avatar'
import { kinOf } from '@/shared/widgets/kin'
import { Button, IconButton } from '@/shared/widgets/Button'
import { Fact, Facts, Record } from '@/shared/widgets/Record'
import { Tag } from '@/shared/widgets/Tag'
import { takeAway } from '@/shared/widgets/taking'
import { contactQuery, deleteContact, restoreContact } from './data'
import { EditContact } from './EditContact'
import { evidenceWords } from './evidence'
import { MergeContact } from './MergeContact'
import { Timeline } from './Timeline'
import styles from '@/shared/widgets/Record.module.css'

/** One person, and all that happened with him. */
export function ContactPage() {
  const { contact: id = '' } = useParams({ strict: false })
  const query = useQuery(contactQuery(id))
  const contact = query.data
  const [editing, setEditing] = useState(false)
  const [merging, setMerging] = useState(false)
  const [first] = contact?.addresses ?? []
  const name = contact ? contact.name || (first ?? '') : ''
  useTitle(name)
  const navigate = useNavigate()
  const remove = () =>
    takeAway({
      words: t('contacts.deleted', { name }),
      remove: () => deleteContact(id),
      restore: () => restoreContact(id),
      leave: () => void navigate({ to: '/contacts' }),
      comeBack: () => void navigate({ to: '/contacts/$contact', params: { contact: id } }),
    })
  return (
    <Record query={query} failed={t('contacts.oneFailed')} up="/contacts" upLabel={t('act.go.contacts')}>
      {contact ? (
        <>
          <header className={styles.head}>
            <Avatar name={name} kin={first ? kinOf(first) : undefined} size={48} />
            <div className={styles.who}>
              <h1 className={styles.name}>
                {name}
                {contact.state === 'verified' ? null : <Tag tone="amber">{t('contacts.unverified')}</Tag>}
              </h1>
              <p className={styles.sub}>
                {contact.title}
                {contact.title && contact.company ? ' · ' : ''}
                {contact.company ? (
                  <Link to="/companies/$company" params={{ company: contact.company.id }} className={styles.link}>
                    {contact.company.name}
                  </Link>
                ) : null}
              </p>
            </div>
            <div className={styles.acts}>
              <Button icon={acts['write.new'].icon} look="main" onClick={() => writeNew(undefined, first ? [{ name: contact.name, address: first }] : [])}>
                {t('contacts.write')}
              </Button>
              <Button icon={IconPencil} onClick={() => setEditing(true)}>
                {t('contacts.edit')}
              </Button>
              <Button icon={IconArrowsJoin2} onClick={() => setMerging(true)}>
                {t('contacts.merge')}
              </Button>
              <IconButton icon={IconTrash} label={t('contacts.delete')} onClick={() => void remove()} />
            </div>
          </header>
          <div className={styles.columns}>
            <aside className={styles.facts}>
              <Owed contact={contact} />
              <Facts>
                <Fact label={t('customer.address')}>{contact.addresses.join('\n')}</Fact>
                <Fact label={t('customer.phone')}>{contact.phones.join('\n')}</Fact>
                <Fact label={t('contacts.first')}>{contact.first_at ? messageTime(contact.first_at) : ''}</Fact>
                <Fact label={t('contacts.last')}>{contact.last_at ? messageTime(contact.last_at) : ''}</Fact>
                <Fact label={t('contacts.owner')}>{contact.owner?.name}</Fact>
                <Fact label={t('customer.evidence')}>{evidenceWords(contact)}</Fact>
                <Fact label={t('contacts.note')}>{contact.note}</Fact>
              </Facts>
            </aside>
            <section aria-label={t('customer.history')}>
              <Timeline owner="contacts" id={contact.id} />
            </section>
          </div>
          <EditContact contact={contact} name={name} open={editing} onClose={() => setEditing(false)} />
          <MergeContact contact={contact} open={merging} onClose={() => setMerging(false)} />
        </>
      ) : null}
    </Record>
  )
}
