import { useNavigate } from '@tanstack/react-router'
import type { Mailbox } from '@/shared/api/types'
import { t } from '@/shared/i18n'
import { Select } from '@/shared/widgets/Field'
import { useRuled } from './mailbox'

/** Which mailbox, for those who look after several. */
export function MailboxChoice({ section, mailbox }: { section: 'rules' | 'away'; mailbox: Mailbox }) {
  const navigate = useNavigate()
  const ruled = useRuled()
  if (ruled.length < 2) return null
  return (
    <Select
      label={t('rules.mailbox')}
      value={mailbox.address}
      choices={ruled.map((each) => ({ value: each.address, label: each.name === each.address ? each.address : `${each.name} (${each.address})` }))}
      onChange={(address) => void navigate({ to: '/settings/$section', params: { section }, search: { mailbox: address } })}
    />
  )
}
