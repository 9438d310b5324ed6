import { useQuery } from '@tanstack/react-query'
import { Link, useNavigate, useParams } from '@tanstack/react-router'
import { IconPencil, IconTrash } from '@tabler/icons-react'
import { useState } from 'react'
import { peopleQuery } from '@/contacts/data'
import { Owed } from '@/inbox/Customer'
import { Timeline } from '@/contacts/Timeline'
import { t } from '@/shared/i18n'
import { messageTime } from '@/shared/i18n/format'
import { useTitle } from '@/shared/shell/title'
import { Avatar } from '@/shared/widgets/Avatar'
import { Button, IconButton } from '@/shared/widgets/Button'
import { kinOf } from '@/shared/widgets/kin'
import { Fact, Facts, Record } from '@/shared/widgets/Record'
import { takeAway } from '@/shared/widgets/taking'
import styles from '@/shared/widgets/Record.module.css'
import { companyQuery, deleteCompany, restoreCompany } from './data'
import { EditCompany } from './EditCompany'

/** One company: its people, and all that happened with any of them. */
export function CompanyPage() {
  const { company: id = '' } = useParams({ strict: false })
  const query = useQuery(companyQuery(id))
  const company = query.data
  const people = useQuery(peopleQuery(id)).data?.items ?? []
  const name = company?.name ?? ''
  useTitle(name)
  const [editing, setEditing] = useState(false)
  const navigate = useNavigate()
  const remove = () =>
    takeAway({
      words: t('companies.deleted', { name }),
      remove: () => deleteCompany(id),
      restore: () => restoreCompany(id),
      leave: () => void navigate({ to: '/companies' }),
      comeBack: () => void navigate({ to: '/companies/$company', params: { company: id } }),
    })
  return (
    <Record query={query} failed={t('companies.oneFailed')} up="/companies" upLabel={t('act.go.companies')}>
      {company ? (
        <>
          <header className={styles.head}>
            <Avatar name={company.name} kin={company.domains[0]} size={48} />
            <div className={styles.who}>
              <h1 className={styles.name}>{company.name}</h1>
              <p className={styles.sub}>{company.domains.join(t('common.comma'))}</p>
            </div>
            <div className={styles.acts}>
              <Button icon={IconPencil} onClick={() => setEditing(true)}>
                {t('contacts.edit')}
              </Button>
              <IconButton icon={IconTrash} label={t('companies.delete')} onClick={() => void remove()} />
            </div>
          </header>
          <div className={styles.columns}>
            <aside className={styles.facts}>
              <section>
                <h2 className={styles.heading}>{t('companies.contacts', { count: company.contacts })}</h2>
                <ul className={styles.people}>
                  {people.map((person) => (
                    <li key={person.id}>
                      <Link to="/contacts/$contact" params={{ contact: person.id }} className={styles.person}>
                        <Avatar name={person.name || person.address} kin={kinOf(person.address)} size={24} />
                        <span className={styles.personName}>{person.name || person.address}</span>
                        <span className={styles.personTitle}>{person.title}</span>
                      </Link>
                    </li>
                  ))}
                </ul>
              </section>
              <Owed contact={company} />
              <Facts>
                <Fact label={t('companies.website')}>{company.website}</Fact>
                <Fact label={t('companies.industry')}>{company.industry}</Fact>
                <Fact label={t('companies.region')}>{company.region}</Fact>
                <Fact label={t('contacts.owner')}>{company.owner?.name}</Fact>
                <Fact label={t('contacts.first')}>{company.first_at ? messageTime(company.first_at) : ''}</Fact>
                <Fact label={t('contacts.last')}>{company.last_at ? messageTime(company.last_at) : ''}</Fact>
                <Fact label={t('contacts.note')}>{company.note}</Fact>
              </Facts>
            </aside>
            <section aria-label={t('customer.history')}>
              <Timeline owner="companies" id={company.id} />
            </section>
          </div>
          <EditCompany company={company} open={editing} onClose={() => setEditing(false)} />
        </>
      ) : null}
    </Record>
  )
}
