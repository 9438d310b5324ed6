import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { IconClock, IconUserQuestion } from '@tabler/icons-react'
import { useState } from 'react'
import { judgeContact, lookupQuery, makeContact } from '@/contacts/data'
import { evidenceWords } from '@/contacts/evidence'
import { Timeline } from '@/contacts/Timeline'
import { writeNew } from '@/composer/store'
import { useMe } from '@/shared/api/me'
import { asProblem } from '@/shared/api/problem'
import type { Contact, Person, Thread } from '@/shared/api/types'
import { t } from '@/shared/i18n'
import { lasting } from '@/shared/i18n/format'
import { useActs } from '@/shared/keys/dispatch'
import { Avatar } from '@/shared/widgets/Avatar'
import { kinOf } from '@/shared/widgets/kin'
import { Button } from '@/shared/widgets/Button'
import { Bone, Trouble, Waiting } from '@/shared/widgets/States'
import { Tag } from '@/shared/widgets/Tag'
import { complain, offerUndo, say } from '@/shared/widgets/undo'
import { threadQuery } from './data'
import { nameOf } from './people'
import styles from './Customer.module.css'

/** Who this thread is with, and everything there was with them. */
export function Customer({ threadId }: { threadId: string }) {
  const thread = useQuery(threadQuery(threadId))
  const me = useMe()
  const [chosen, setChosen] = useState<string | null>(null)
  const people = thread.data ? outsiders(thread.data, me.mailboxes.map((mailbox) => mailbox.address)) : []
  const person = people.find((each) => each.address === chosen) ?? people[0]
  if (!thread.data) return null
  if (!person) return <p className={styles.inside}>{t('customer.onlyColleagues')}</p>
  return (
    <div className={styles.panel}>
      {people.length > 1 ? (
        <div className={styles.people} role="group" aria-label={t('customer.people')}>
          {people.slice(0, 6).map((each) => (
            <button key={each.address} type="button" className={styles.face} aria-pressed={each === person} title={nameOf(each)} onClick={() => setChosen(each.address)}>
              <Avatar name={nameOf(each)} kin={kinOf(each.address)} size={24} />
              <span className="hidden-visually">{nameOf(each)}</span>
            </button>
          ))}
        </div>
      ) : null}
      <PersonPanel key={person.address} person={person} />
    </div>
  )
}

/** The people of a thread who are not us, the newest first. */
function outsiders(thread: Thread, own: readonly string[]): Person[] {
  const mine = new Set(own.map((address) => address.toLowerCase()))
  const house = new Set(own.map((address) => address.split('@')[1]?.toLowerCase()))
  const found = new Map<string, Person>()
  for (const message of [...thread.messages].reverse()) {
    for (const person of [message.from, ...message.to, ...message.cc]) {
      const address = person.address.toLowerCase()
      if (mine.has(address) || house.has(address.split('@')[1]) || found.has(address)) continue
      found.set(address, person)
    }
  }
  return [...found.values()]
}

function PersonPanel({ person }: { person: Person }) {
  const query = useQuery(lookupQuery(person.address))
  if (query.isPending) {
    return (
      <Waiting>
        <div className={styles.bones}>
          <Bone width={48} height={48} />
          <Bone width="50%" height={16} />
          <Bone width="70%" />
          <Bone width="60%" />
        </div>
      </Waiting>
    )
  }
  if (query.isError) return <Trouble what={t('customer.failed')} error={query.error} onRetry={() => void query.refetch()} />
  return query.data ? <Known contact={query.data} /> : <Unknown person={person} />
}

function Known({ contact }: { contact: Contact }) {
  const [first] = contact.addresses
  const evidence = evidenceWords(contact)
  return (
    <>
      <div className={styles.head}>
        <Avatar name={contact.name || (first ?? '?')} kin={first ? kinOf(first) : undefined} size={48} />
        <div className={styles.who}>
          <Link to="/contacts/$contact" params={{ contact: contact.id }} className={styles.name}>
            {contact.name || first}
          </Link>
          {contact.title ? <p className={styles.title}>{contact.title}</p> : null}
          {contact.company ? (
            <Link to="/companies/$company" params={{ company: contact.company.id }} className={styles.company}>
              {contact.company.name}
            </Link>
          ) : null}
        </div>
      </div>
      {contact.state === 'unverified' ? <Verify contact={contact} /> : null}
      <Owed contact={contact} />
      <dl className={styles.facts}>
        {contact.addresses.map((address) => (
          <div key={address} className={styles.fact}>
            <dt>{t('customer.address')}</dt>
            <dd>
              <button type="button" className={styles.write} onClick={() => writeNew(undefined, [{ name: contact.name, address }])}>
                {address}
              </button>
            </dd>
          </div>
        ))}
        {contact.phones.length > 0 ? (
          <div className={styles.fact}>
            <dt>{t('customer.phone')}</dt>
            <dd>{contact.phones.join('\n')}</dd>
          </div>
        ) : null}
        {evidence ? (
          <div className={styles.fact}>
            <dt>{t('customer.evidence')}</dt>
            <dd>{evidence}</dd>
          </div>
        ) : null}
      </dl>
      {contact.note ? <p className={styles.note}>{contact.note}</p> : null}
      <section className={styles.history}>
        <h3 className={styles.heading}>{t('customer.history')}</h3>
        <Timeline owner="contacts" id={contact.id} narrow />
      </section>
    </>
  )
}

/** Somebody who only wrote so far: taken in, or never shown again. */
function Verify({ contact }: { contact: Contact }) {
  const [busy, setBusy] = useState(false)
  const decide = async (verdict: 'verify' | 'ignore') => {
    setBusy(true)
    try {
      await judgeContact(contact, verdict)
      const name = contact.name || (contact.addresses[0] ?? '')
      if (verdict === 'verify') say(t('customer.made', { name }))
      else offerUndo(t('customer.ignored', { name }), () => void judgeContact(contact, 'verify'))
    } catch (error) {
      complain(`${t('customer.notMade')} ${asProblem(error).detail}`.trim())
    } finally {
      setBusy(false)
    }
  }
  useActs({
    'thread.contact': busy ? undefined : () => void decide('verify'),
    'thread.ignore': busy ? undefined : () => void decide('ignore'),
  })
  return (
    <div className={styles.verify}>
      <p>{t('customer.unknown')}</p>
      <Button look="main" keys="y" busy={busy} onClick={() => void decide('verify')}>
        {t('act.thread.contact')}
      </Button>
      <Button look="quiet" keys="n" busy={busy} onClick={() => void decide('ignore')}>
        {t('act.thread.ignore')}
      </Button>
    </div>
  )
}

/** Whose turn it is. */
export function Owed({ contact }: { contact: Pick<Contact, 'owes' | 'owes_since'> }) {
  if (!contact.owes) return null
  return (
    <p className={styles.owed}>
      <Tag tone={contact.owes === 'we' ? 'green' : 'plain'} icon={IconClock}>
        {t(contact.owes === 'we' ? 'customer.weOwe' : 'customer.theyOwe')}
      </Tag>
      {contact.owes_since ? <span className={styles.since}>{lasting(contact.owes_since)}</span> : null}
    </p>
  )
}

function Unknown({ person }: { person: Person }) {
  const [name, setName] = useState(person.name)
  const [busy, setBusy] = useState(false)
  const make = async () => {
    setBusy(true)
    try {
      await makeContact(name, person.address)
      say(t('customer.made', { name: name || person.address }))
    } catch (error) {
      complain(`${t('customer.notMade')} ${asProblem(error).detail}`.trim())
    } finally {
      setBusy(false)
    }
  }
  useActs({ 'thread.contact': busy ? undefined : () => void make() })
  return (
    <div className={styles.unknown}>
      <IconUserQuestion size={28} stroke={1.25} aria-hidden />
      <p className={styles.name}>{person.name || person.address}</p>
      <p className={styles.title}>{person.address}</p>
      <p className={styles.title}>{t('customer.unknown')}</p>
      <label className={styles.rename}>
        <span className="hidden-visually">{t('customer.name')}</span>
        <input value={name} placeholder={t('customer.name')} onChange={(event) => setName(event.target.value)} />
      </label>
      <Button look="main" keys="y" busy={busy} onClick={() => void make()}>
        {t('act.thread.contact')}
      </Button>
    </div>
  )
}
