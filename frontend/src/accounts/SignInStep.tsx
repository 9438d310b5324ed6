import { useRef, useState, type SubmitEvent } from 'react'
import { asProblem } from '@/shared/api/problem'
import type { AccountTrial, Detection, LinkedAccount } from '@/shared/api/types'
import { t } from '@/shared/i18n'
import { Button } from '@/shared/widgets/Button'
import { Segmented, TextField } from '@/shared/widgets/Field'
import styles from './Accounts.module.css'
import { ConsentStep } from './ConsentStep'
import { consentPage, linkAccount, said, tryAccount, type Wish } from './data'
import { FoundServers } from './FoundServers'
import { ProviderSteps } from './ProviderSteps'
import { ServerFields } from './ServerFields'
import { fetchingOf, serversOf, type Fetching } from './servers'
import { TrialSteps } from './TrialSteps'

const KINDS: readonly Fetching[] = ['imap', 'ews', 'pop3']

interface Props {
  found: Detection
  onLinked: (account: LinkedAccount) => void
}

/** What signs in, where; tried before anything is kept, and linked when all of it works. */
export function SignInStep({ found, onLinked }: Props) {
  const { address, provider } = found
  const [kind, setKind] = useState<Fetching>(() => fetchingOf(found))
  const [servers, setServers] = useState(() => serversOf(found, kind))
  const [password, setPassword] = useState('')
  const [trial, setTrial] = useState<AccountTrial | 'under way' | null>(null)
  const [trouble, setTrouble] = useState<string | null>(null)
  const field = useRef<HTMLInputElement>(null)
  const impossible = impossibleWords(found)
  const secret = provider?.secret === 'code' && !provider.secret_sometimes ? said(provider.secret_name) : t('accounts.password')
  const known = found.servers.length > 0

  const attempt = async (wish: Wish) => {
    setTrial('under way')
    setTrouble(null)
    try {
      const result = await tryAccount(wish)
      setTrial(result)
      if (result.ok) onLinked(await linkAccount(wish))
      else if (!result.signed_in) field.current?.select()
    } catch (error) {
      const problem = asProblem(error)
      setTrial(null)
      setTrouble(problem.kind === 'conflict' ? t('accounts.linkedAlready') : t(`problem.${problem.kind}`))
    }
  }
  const submit = (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault()
    void attempt({ address, kind, servers, password: cleaned(password, found) })
  }
  const choose = (next: Fetching) => {
    setKind(next)
    const usual = serversOf(found, next)
    const sameSending = next !== 'ews' && kind !== 'ews'
    setServers({ ...(sameSending ? servers : usual), incoming: usual.incoming })
  }
  /** What works is kept, and nothing is sent from here. */
  const onlyReceive = async () => {
    try {
      onLinked(await linkAccount({ address, kind, servers: { ...servers, outgoing: null }, password: cleaned(password, found) }))
    } catch (error) {
      setTrouble(t(`problem.${asProblem(error).kind}`))
    }
  }
  return (
    <>
      <h3 className={styles.subheading}>{address}</h3>
      <FoundServers found={found} />
      {impossible ? (
        <p className={styles.notice} data-tone="amber">
          {impossible}
        </p>
      ) : (
        <>
          {provider?.consents.length ? (
            <ConsentStep provider={provider} kinds={provider.consents} ask={(way) => consentPage(provider.key, address, servers.login, way)} />
          ) : null}
          {provider?.secret === 'oauth' ? null : (
            <>
              {provider ? <ProviderSteps provider={provider} /> : null}
              <form className={styles.form} onSubmit={submit}>
                <TextField
                  ref={field}
                  label={secret}
                  name="secret"
                  type="password"
                  required
                  autoComplete="off"
                  hint={t('accounts.secretHint')}
                  value={password}
                  onChange={(event) => setPassword(event.target.value)}
                />
                <details className={styles.fold} open={!known}>
                  <summary>{t('accounts.manual')}</summary>
                  <Segmented label={t('accounts.fetching')} value={kind} choices={KINDS.map((each) => ({ value: each, label: t(`accounts.kind.${each}`) }))} onChange={choose} />
                  <ServerFields kind={kind} servers={servers} onChange={setServers} />
                </details>
                <div>
                  <Button type="submit" look="main" busy={trial === 'under way'}>
                    {t(trial === null ? 'accounts.try' : 'accounts.tryAgain')}
                  </Button>
                </div>
              </form>
              {trial ? <TrialSteps trial={trial === 'under way' ? null : trial} provider={provider} /> : null}
              {trial && trial !== 'under way' && trial.signed_in && !trial.ok ? (
                <div className={styles.notice} data-tone="amber">
                  <p>{t('accounts.cannotSend')}</p>
                  <Button onClick={() => void onlyReceive()}>{t('accounts.linkAnyway')}</Button>
                </div>
              ) : null}
              {trouble ? (
                <p role="alert" className={styles.notice} data-tone="red">
                  {trouble}
                </p>
              ) : null}
            </>
          )}
        </>
      )}
    </>
  )
}

/** Why such a mailbox cannot be linked, if so. */
function impossibleWords({ provider }: Detection): string | null {
  if (provider?.closed) return said(provider.closed)
  if (provider?.secret === 'oauth' && !provider.consents.length) return t('accounts.oauth', { provider: said(provider.name) })
  return null
}

/** Codes are shown in groups, with spaces that are none of the code; a password of one's own may have some. */
function cleaned(password: string, { provider }: Detection): string {
  return provider?.secret === 'code' && !provider.secret_sometimes ? password.replace(/\s+/g, '') : password
}
