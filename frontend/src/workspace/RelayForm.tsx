import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import type { Relay } from '@/shared/api/types'
import { t } from '@/shared/i18n'
import { Dialog } from '@/shared/widgets/Dialog'
import { Select, TextField } from '@/shared/widgets/Field'
import { RecordForm } from '@/shared/widgets/RecordForm'
import { say } from '@/shared/widgets/undo'
import { addressesQuery, domainsQuery, setRelay } from './data'
import { EVERYBODY, senderName } from './senders'

interface Props {
  open: boolean
  /** What is changed; null: one is made. */
  relay: Relay | null
  /** Senders that have one. */
  taken: readonly string[]
  onClose: () => void
}

/** By whom a sender's mail leaves. */
export function RelayForm({ open, relay, taken, onClose }: Props) {
  return (
    <Dialog open={open} onClose={onClose} title={relay ? senderName(relay.sender) : t('relays.add')}>
      <Form key={relay?.sender ?? taken.join()} before={relay} taken={taken} onDone={onClose} />
    </Dialog>
  )
}

function Form({ before, taken, onDone }: { before: Relay | null; taken: readonly string[]; onDone: () => void }) {
  const senders = useSenders().filter((each) => !taken.includes(each))
  const [chosen, setChosen] = useState<string | null>(null)
  const sender = before?.sender ?? chosen ?? senders[0] ?? EVERYBODY
  return (
    <RecordForm
      verb={t(before ? 'common.save' : 'common.make')}
      keep={(text) => {
        const relay = text('relay')
        const tls = before && before.relay === relay && (before.user === null) === (text('user') === '') ? before.tls : null
        return setRelay(sender, { relay, tls, user: text('user') || null, password: text('password') || null })
      }}
      onKept={(kept) => void say(t('relays.saved', { name: senderName(kept.sender) }))}
      onDone={onDone}
      wordsOf={(_, field) => t(WRONG[field] ?? 'relays.wrongRelay')}
    >
      {(wrong) => (
        <>
          {before ? null : (
            <Select label={t('relays.sender')} value={sender} choices={senders.map((each) => ({ value: each, label: senderName(each) }))} onChange={setChosen} />
          )}
          <TextField
            label={t('relays.relay')}
            name="relay"
            required
            autoComplete="off"
            spellCheck={false}
            defaultValue={before?.relay}
            hint={t('relays.relayHint')}
            error={wrong('relay') ?? wrong('tls') ?? wrong('sender')}
          />
          <TextField label={t('relays.user')} name="user" autoComplete="off" spellCheck={false} defaultValue={before?.user ?? ''} hint={t('relays.userHint')} error={wrong('user')} />
          <TextField
            label={t('relays.password')}
            name="password"
            type="password"
            autoComplete="new-password"
            hint={before?.user ? t('relays.passwordKept') : t('relays.passwordHint')}
            error={wrong('password')}
          />
        </>
      )}
    </RecordForm>
  )
}

const WRONG: Record<string, 'relays.wrongUser' | 'relays.wrongPassword'> = { user: 'relays.wrongUser', password: 'relays.wrongPassword' }

/** All that may have a relay: everybody, domains, mailboxes. */
function useSenders(): string[] {
  const domains = useQuery(domainsQuery).data?.items ?? []
  const addresses = useQuery(addressesQuery).data?.items ?? []
  return [EVERYBODY, ...domains, ...addresses.filter((each) => each.kind === 'mailbox').map((each) => each.address)]
}
