import { useQuery } from '@tanstack/react-query'
import { useState, type SubmitEvent } from 'react'
import { asProblem } from '@/shared/api/problem'
import type { AccountTrial, LinkedAccount, LinkedAccountDetail, MailServers } from '@/shared/api/types'
import { t } from '@/shared/i18n'
import { Button } from '@/shared/widgets/Button'
import { Dialog, DialogBody, DialogFoot } from '@/shared/widgets/Dialog'
import { TextField } from '@/shared/widgets/Field'
import { Bone, Trouble, Waiting } from '@/shared/widgets/States'
import { say } from '@/shared/widgets/undo'
import styles from './Accounts.module.css'
import { ConsentStep } from './ConsentStep'
import { accountQuery, changeSecret, consentAgain, said } from './data'
import { ProviderSteps } from './ProviderSteps'
import { ServerFields } from './ServerFields'
import { TrialSteps } from './TrialSteps'

interface Props {
  account: LinkedAccount | null
  onClose: () => void
}

/** Another password or other servers: tried first, kept only if they sign in. */
export function SecretForm({ account, onClose }: Props) {
  return (
    <Dialog open={account !== null} onClose={onClose} wide title={t('accounts.secretOf', { address: account?.address ?? '' })}>
      {account ? <Known account={account} onClose={onClose} /> : null}
    </Dialog>
  )
}

function Known({ account, onClose }: { account: LinkedAccount; onClose: () => void }) {
  const query = useQuery(accountQuery(account.id))
  if (query.isPending) {
    return (
      <Waiting>
        <DialogBody>
          <Bone height={120} />
        </DialogBody>
      </Waiting>
    )
  }
  if (query.isError) return <Trouble what={t('accounts.detailFailed')} error={query.error} onRetry={() => void query.refetch()} />
  const { by_consent: byConsent, provider } = query.data
  if (byConsent && provider) {
    return (
      <DialogBody>
        <ConsentStep provider={provider} kinds={[account.kind]} ask={() => consentAgain(account.id)} />
      </DialogBody>
    )
  }
  return <Form detail={query.data} onClose={onClose} />
}

function Form({ detail, onClose }: { detail: LinkedAccountDetail; onClose: () => void }) {
  const { account, provider } = detail
  const [servers, setServers] = useState(detail.servers as MailServers)
  const [password, setPassword] = useState('')
  const [trial, setTrial] = useState<AccountTrial | 'under way' | null>(null)
  const [trouble, setTrouble] = useState<string | null>(null)
  const submit = async (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault()
    setTrial('under way')
    setTrouble(null)
    try {
      const result = await changeSecret(account.id, password, servers)
      setTrial(result)
      if (!result.signed_in) return
      say(t('accounts.secretKept', { address: account.address }))
      if (result.ok) onClose()
    } catch (error) {
      setTrial(null)
      setTrouble(t(`problem.${asProblem(error).kind}`))
    }
  }
  return (
    <form className={styles.inDialog} onSubmit={(event) => void submit(event)}>
      <DialogBody>
        <div className={styles.form}>
          {provider?.consents.includes(account.kind) ? <ConsentStep provider={provider} kinds={[account.kind]} ask={() => consentAgain(account.id)} /> : null}
          {provider ? <ProviderSteps provider={provider} /> : null}
          <TextField
            label={provider?.secret === 'code' && !provider.secret_sometimes ? said(provider.secret_name) : t('accounts.password')}
            name="secret"
            type="password"
            required
            autoComplete="off"
            hint={t('accounts.secretHint')}
            value={password}
            onChange={(event) => setPassword(event.target.value)}
          />
          <details className={styles.fold}>
            <summary>{t('accounts.manual')}</summary>
            <ServerFields kind={account.kind === 'pop3' || account.kind === 'ews' ? account.kind : 'imap'} servers={servers} onChange={setServers} />
          </details>
          {trial ? <TrialSteps trial={trial === 'under way' ? null : trial} provider={provider} /> : null}
          {trouble ? (
            <p role="alert" className={styles.notice} data-tone="red">
              {trouble}
            </p>
          ) : null}
        </div>
      </DialogBody>
      <DialogFoot>
        <Button onClick={onClose}>{t('common.cancel')}</Button>
        <Button type="submit" look="main" busy={trial === 'under way'}>
          {t('accounts.trySecret')}
        </Button>
      </DialogFoot>
    </form>
  )
}
