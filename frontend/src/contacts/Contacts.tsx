import { useInfiniteQuery } from '@tanstack/react-query'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { IconAddressBook } from '@tabler/icons-react'
import { useCallback, useState } from 'react'
import { t } from '@/shared/i18n'
import { shortTime } from '@/shared/i18n/format'
import { useActs } from '@/shared/keys/dispatch'
import { useTitle } from '@/shared/shell/title'
import { Avatar } from '@/shared/widgets/Avatar'
import { kinOf } from '@/shared/widgets/kin'
import { Directory, type DirectoryRow } from '@/shared/widgets/Directory'
import { Tag } from '@/shared/widgets/Tag'
import type { ContactRow } from '@/shared/api/types'
import { contactsQuery } from './data'
import { NewContact } from './NewContact'

/** Everyone the company writes with, who was heard from last at the top. */
export function Contacts() {
  useTitle(t('act.go.contacts'))
  const { q = '' } = useSearch({ from: '/frame/contacts' })
  const navigate = useNavigate()
  const query = useInfiniteQuery(contactsQuery(q))
  const rows = (query.data?.pages.flatMap((page) => page.items) ?? []).map(rowOf)
  const open = useCallback((id: string) => void navigate({ to: '/contacts/$contact', params: { contact: id } }), [navigate])
  const [making, setMaking] = useState(false)
  useActs({ 'write.contact': () => setMaking(true) })
  return (
    <>
      <Directory
        title={t('act.go.contacts')}
        columns={[t('contacts.name'), t('contacts.company'), t('contacts.address'), t('contacts.last')]}
        icon={IconAddressBook}
        empty={t(q ? 'contacts.noneFound' : 'contacts.none')}
        failed={t('contacts.failed')}
        query={query}
        rows={rows}
        q={q}
        onSearch={(next) => void navigate({ to: '/contacts', search: next ? { q: next } : {}, replace: true })}
        onOpen={open}
        make="write.contact"
      />
      <NewContact open={making} onClose={() => setMaking(false)} />
    </>
  )
}

function rowOf(contact: ContactRow): DirectoryRow {
  const name = contact.name || contact.address
  return {
    id: contact.id,
    label: name,
    cells: [
      <>
        <Avatar name={name} kin={kinOf(contact.address)} size={24} />
        <strong>{name}</strong>
        <small>{contact.title}</small>
        {contact.owes === 'we' ? <Tag tone="green">{t('customer.weOwe')}</Tag> : null}
      </>,
      contact.company?.name ?? '',
      contact.address,
      contact.last_at ? <time dateTime={contact.last_at}>{shortTime(contact.last_at)}</time> : '',
    ],
  }
}
