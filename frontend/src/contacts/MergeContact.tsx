import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { asProblem, type ProblemKind } from '@/shared/api/problem'
import type { Contact } from '@/shared/api/types'
import { t } from '@/shared/i18n'
import { Button } from '@/shared/widgets/Button'
import { Dialog } from '@/shared/widgets/Dialog'
import { Picker, type Pick } from '@/shared/widgets/Picker'
import { Fact, Facts } from '@/shared/widgets/Record'
import { Asking } from '@/shared/widgets/RecordForm'
import { say } from '@/shared/widgets/undo'
import { contactQuery, findContacts, mergeContacts } from './data'
import styles from '@/shared/widgets/Record.module.css'

/** Two entries for one person become one; what it will be is shown before. */
export function MergeContact({ contact, open, onClose }: { contact: Contact; open: boolean; onClose: () => void }) {
  return (
    <Dialog open={open} onClose={onClose} title={t('contacts.mergeTitle', { name: nameOf(contact) })}>
      <Form contact={contact} onDone={onClose} />
    </Dialog>
  )
}

function nameOf(contact: Contact): string {
  return contact.name || (contact.addresses[0] ?? '')
}

function Form({ contact, onDone }: { contact: Contact; onDone: () => void }) {
  const [typed, setTyped] = useState('')
  const [chosen, setChosen] = useState<Pick | null>(null)
  const [busy, setBusy] = useState(false)
  const [wrong, setWrong] = useState<ProblemKind | null>(null)
  const asked = typed.trim()
  const found = useQuery({ ...findContacts(asked), enabled: asked !== '' })
  const other = useQuery({ ...contactQuery(chosen?.id ?? ''), enabled: chosen !== null }).data
  const hits = asked
    ? (found.data?.items ?? []).flatMap((row) =>
        row.id === contact.id ? [] : [{ id: row.id, name: row.name || row.address, note: [row.company?.name, row.address].filter(Boolean).join(' · ') }],
      )
    : []
  const merge = async (from: Contact) => {
    setBusy(true)
    try {
      await mergeContacts(contact, from.id)
      say(t('contacts.merged', { other: nameOf(from), name: nameOf(contact) }))
      onDone()
    } catch (error) {
      setWrong(asProblem(error).kind)
      setBusy(false)
    }
  }
  return (
    <Asking
      refused={wrong}
      meanwhile={t('contacts.changedMeanwhile')}
      onCancel={onDone}
      act={
        <Button look="danger" busy={busy} disabled={busy || !chosen || !other} onClick={() => other && void merge(other)}>
          {t('contacts.merge')}
        </Button>
      }
    >
      <Picker label={t('contacts.mergeWith')} chosen={chosen} hits={hits} typed={typed} onType={setTyped} onChoose={setChosen} />
      {chosen && other ? <Preview contact={contact} other={other} /> : null}
    </Asking>
  )
}

/** What the one contact will be: its own fields come first, the other fills what is empty. */
function Preview({ contact, other }: { contact: Contact; other: Contact }) {
  return (
    <section aria-label={t('contacts.mergeResult')} className={styles.preview}>
      <Facts>
        <Fact label={t('contacts.name')}>{nameOf(contact)}</Fact>
        <Fact label={t('contacts.title')}>{contact.title || other.title}</Fact>
        <Fact label={t('contacts.company')}>{(contact.company ?? other.company)?.name}</Fact>
        <Fact label={t('customer.address')}>{[...contact.addresses, ...other.addresses].join('\n')}</Fact>
        <Fact label={t('customer.phone')}>{[...new Set([...contact.phones, ...other.phones])].join('\n')}</Fact>
        <Fact label={t('contacts.note')}>{contact.note || other.note}</Fact>
        <Fact label={t('customer.history')}>{t('contacts.mergeMails', { count: contact.received + contact.sent + other.received + other.sent })}</Fact>
      </Facts>
      <p className={styles.caution}>{t('contacts.mergeForGood', { other: nameOf(other) })}</p>
    </section>
  )
}
