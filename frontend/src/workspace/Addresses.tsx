import { useQuery } from '@tanstack/react-query'
import { IconAt, IconPencil, IconPlus, IconTrash } from '@tabler/icons-react'
import { useState } from 'react'
import { asProblem } from '@/shared/api/problem'
import type { HostedAddress } from '@/shared/api/types'
import { t } from '@/shared/i18n'
import { Button, IconButton } from '@/shared/widgets/Button'
import { Bone, Empty, Trouble, Waiting } from '@/shared/widgets/States'
import { Tag } from '@/shared/widgets/Tag'
import { complain, offerUndo } from '@/shared/widgets/undo'
import { AddressForm } from './AddressForm'
import styles from './Addresses.module.css'
import { addressesQuery, removeAddress, setAddress } from './data'

/** Every address the workspace receives mail for: those of mailboxes, and what was made besides. */
export function Addresses() {
  const query = useQuery(addressesQuery)
  const [open, setOpen] = useState<HostedAddress | 'new' | null>(null)
  if (query.isPending) {
    return (
      <Waiting>
        <Bone height={48} />
      </Waiting>
    )
  }
  if (query.isError) return <Trouble what={t('addresses.failed')} error={query.error} onRetry={() => void query.refetch()} />
  const own = query.data.items.filter((each) => each.kind === 'mailbox').map((each) => each.address)
  const further = query.data.items.filter((each) => each.kind !== 'mailbox')
  return (
    <>
      <p className={styles.hint}>{t('addresses.hint')}</p>
      <div className={styles.make}>
        <Button look="main" icon={IconPlus} onClick={() => setOpen('new')}>
          {t('addresses.add')}
        </Button>
      </div>
      {further.length > 0 ? <List items={further} onEdit={setOpen} /> : <Empty icon={IconAt} title={t('addresses.none')} />}
      <h3 className={styles.subheading}>{t('addresses.ofMailboxes')}</h3>
      <ul className={styles.list}>
        {own.map((address) => (
          <li key={address} className={styles.row}>
            <span className={styles.address}>{address}</span>
          </li>
        ))}
      </ul>
      <AddressForm open={open !== null} address={open === 'new' ? null : open} mailboxes={own} onClose={() => setOpen(null)} />
    </>
  )
}

function List({ items, onEdit }: { items: readonly HostedAddress[]; onEdit: (address: HostedAddress) => void }) {
  return (
    <ul className={styles.list} aria-label={t('settings.addresses')}>
      {items.map((each) => (
        <li key={each.address} className={styles.row}>
          <div className={styles.words}>
            <p className={styles.address}>
              {each.address} <Tag>{t(`addresses.kind.${each.kind}`)}</Tag>
            </p>
            <p className={styles.to}>{namesOf(each)}</p>
          </div>
          <IconButton icon={IconPencil} label={t('addresses.change', { address: each.address })} onClick={() => onEdit(each)} />
          <IconButton icon={IconTrash} label={t('addresses.remove', { address: each.address })} onClick={() => void remove(each)} />
        </li>
      ))}
    </ul>
  )
}

function namesOf({ mailboxes, forward_to }: HostedAddress): string {
  const names = [...mailboxes, ...forward_to.map((address) => t('addresses.goesOn', { address }))]
  return names.length > 0 ? names.join(t('common.comma')) : t('addresses.nobody')
}

async function remove(before: HostedAddress): Promise<void> {
  const { address } = before
  try {
    await removeAddress(address)
    offerUndo(t('addresses.removed', { address }), () => {
      setAddress(address, before).catch(() => complain(t('common.notUndone')))
    })
  } catch (error) {
    complain(`${t('common.notDone')} ${asProblem(error).detail}`.trim())
  }
}
