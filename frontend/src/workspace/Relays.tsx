import { useQuery } from '@tanstack/react-query'
import { IconPencil, IconPlus, IconRoute, IconTrash } from '@tabler/icons-react'
import { useState } from 'react'
import { asProblem } from '@/shared/api/problem'
import type { Relay } from '@/shared/api/types'
import { t } from '@/shared/i18n'
import { Button, IconButton } from '@/shared/widgets/Button'
import { Bone, Empty, Trouble, Waiting } from '@/shared/widgets/States'
import { Tag } from '@/shared/widgets/Tag'
import { complain, say } from '@/shared/widgets/undo'
import styles from './Addresses.module.css'
import { removeRelay, relaysQuery } from './data'
import { RelayForm } from './RelayForm'
import { senderName } from './senders'

/** By whom mail leaves: the nearest relay counts. */
export function Relays() {
  const query = useQuery(relaysQuery)
  const [open, setOpen] = useState<Relay | 'new' | null>(null)
  if (query.isPending) {
    return (
      <Waiting>
        <Bone height={48} />
      </Waiting>
    )
  }
  if (query.isError) return <Trouble what={t('relays.failed')} error={query.error} onRetry={() => void query.refetch()} />
  const { items } = query.data
  return (
    <>
      <p className={styles.hint}>{t('relays.hint')}</p>
      <div className={styles.make}>
        <Button look="main" icon={IconPlus} onClick={() => setOpen('new')}>
          {t('relays.add')}
        </Button>
      </div>
      {items.length > 0 ? (
        <ul className={styles.list} aria-label={t('settings.relays')}>
          {items.map((each) => (
            <Row key={each.sender} relay={each} onEdit={setOpen} />
          ))}
        </ul>
      ) : (
        <Empty icon={IconRoute} title={t('relays.none')} />
      )}
      <RelayForm open={open !== null} relay={open === 'new' ? null : open} taken={items.map((each) => each.sender)} onClose={() => setOpen(null)} />
    </>
  )
}

function Row({ relay, onEdit }: { relay: Relay; onEdit: (relay: Relay) => void }) {
  const name = senderName(relay.sender)
  return (
    <li className={styles.row}>
      <div className={styles.words}>
        <p className={styles.address}>{name}</p>
        <p className={styles.to}>
          {relay.relay} {relay.user ? <Tag>{t('relays.as', { user: relay.user })}</Tag> : null}
        </p>
      </div>
      <IconButton icon={IconPencil} label={t('relays.change', { name })} onClick={() => onEdit(relay)} />
      <IconButton icon={IconTrash} label={t('relays.remove', { name })} onClick={() => void remove(relay)} />
    </li>
  )
}

/** It cannot be brought back: nobody but the server knows the password. */
async function remove(relay: Relay): Promise<void> {
  try {
    await removeRelay(relay.sender)
    say(t('relays.removed', { name: senderName(relay.sender) }))
  } catch (error) {
    complain(`${t('common.notDone')} ${asProblem(error).detail}`.trim())
  }
}
