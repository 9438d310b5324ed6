import { useQuery } from '@tanstack/react-query'
import { Link, useParams } from '@tanstack/react-router'
import { IconArrowsJoin2, IconPencil } from '@tabler/icons-react'
import { useState, type SubmitEvent } from 'react'
import { writeNew } from '@/composer/store'
import { Owed } from '@/inbox/Customer'
import { asProblem } from '@/shared/api/problem'
import type { Contact } from '@/shared/api/types'
import { t } from '@/shared/i18n'
import { messageTime } from '@/shared/i18n/format'
import { acts } from '@/shared/keys/table'
import { useTitle } from '@/shared/shell/title'
import { Avatar } from '@/shared/widgets/Avatar'
import { kinOf } from '@/shared/widgets/kin'
import { Button } from '@/shared/widgets/Button'
import { Dialog, DialogBody, DialogFoot } from '@/shared/widgets/Dialog'
import { TextArea, TextField } from '@/shared/widgets/Field'
import { Fact, Facts, Record } from '@/shared/widgets/Record'
import { Tag } from '@/shared/widgets/Tag'
import { changeContact, contactQuery, listed } from './data'
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
          <Dialog open={editing} onClose={() => setEditing(false)} title={t('contacts.editTitle', { name })}>
            <EditForm contact={contact} onDone={() => setEditing(false)} />
          </Dialog>
          <MergeContact contact={contact} open={merging} onClose={() => setMerging(false)} />
        </>
      ) : null}
    </Record>
  )
}

function EditForm({ contact, onDone }: { contact: Contact; onDone: () => void }) {
  const [busy, setBusy] = useState(false)
  const [wrong, setWrong] = useState<string | null>(null)
  const submit = async (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault()
    const form = new FormData(event.currentTarget)
    const text = (field: string) => (form.get(field) as string).trim()
    setBusy(true)
    try {
      await changeContact(contact.id, contact.version, { name: text('name'), title: text('title'), phones: listed(text('phones')), note: text('note') })
      onDone()
    } catch (error) {
      const problem = asProblem(error)
      setWrong(problem.kind === 'conflict' ? t('contacts.changedMeanwhile') : problem.detail || t(`problem.${problem.kind}`))
    } finally {
      setBusy(false)
    }
  }
  return (
    <form onSubmit={(event) => void submit(event)}>
      <DialogBody>
        <div className={styles.form}>
          <TextField label={t('contacts.name')} name="name" defaultValue={contact.name} error={wrong ?? undefined} />
          <TextField label={t('contacts.title')} name="title" defaultValue={contact.title} />
          <TextField label={t('customer.phone')} name="phones" type="tel" defaultValue={contact.phones.join('; ')} />
          <TextArea label={t('contacts.note')} name="note" defaultValue={contact.note} />
        </div>
      </DialogBody>
      <DialogFoot>
        <Button onClick={onDone}>{t('common.cancel')}</Button>
        <Button type="submit" look="main" busy={busy}>
          {t('common.save')}
        </Button>
      </DialogFoot>
    </form>
  )
}
