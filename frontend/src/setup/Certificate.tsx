import { useQuery, useQueryClient } from '@tanstack/react-query'
import { IconCertificate, IconRefresh } from '@tabler/icons-react'
import { useState, type SubmitEvent } from 'react'
import { asProblem } from '@/shared/api/problem'
import type { Certificate as Shown, CertificateWish, Machine } from '@/shared/api/types'
import { t } from '@/shared/i18n'
import { farDay, messageTime } from '@/shared/i18n/format'
import { Button } from '@/shared/widgets/Button'
import { Bone, Trouble, Waiting } from '@/shared/widgets/States'
import { complain } from '@/shared/widgets/undo'
import { askForCertificate, certificateQuery, isUnderWay, tryCertificateAgain } from './data'
import styles from './SetUp.module.css'

const TERMS = 'https://letsencrypt.org/repository/'

/** What is shown to mail programs, and how the next one stands. */
export function Certificate({ machine }: { machine: Machine }) {
  const query = useQuery(certificateQuery)
  const cache = useQueryClient()
  if (query.isPending) {
    return (
      <Waiting>
        <Bone height={80} />
      </Waiting>
    )
  }
  if (query.isError) return <Trouble what={t('setup.failed')} error={query.error} onRetry={() => void query.refetch()} />
  const shown = query.data
  const keep = (next: Shown) => cache.setQueryData(certificateQuery.queryKey, next)
  return (
    <>
      <p>{t('setup.certificateWords')}</p>
      <p className={styles.small}>{t('setup.certificateNow', { names: shown.names.join(t('common.comma')), issuer: shown.issuer, until: farDay(shown.not_after) })}</p>
      {shown.source === 'given' ? (
        <p className={styles.small}>{t('setup.certificateGiven')}</p>
      ) : shown.wish ? (
        <Wish wish={shown.wish} under={isUnderWay(shown)} onTried={keep} />
      ) : machine.named ? (
        <Ask name={machine.hostname} onAsked={keep} />
      ) : (
        <p className={styles.trap}>{t('setup.nameFirst')}</p>
      )}
    </>
  )
}

function Ask({ name, onAsked }: { name: string; onAsked: (next: Shown) => void }) {
  const [agreed, setAgreed] = useState(false)
  const [busy, run] = useTelling(onAsked)
  const submit = (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault()
    void run(askForCertificate)
  }
  return (
    <form className={styles.asking} onSubmit={submit}>
      <p>{t('setup.certificateAsk', { name })}</p>
      <label className={styles.agree}>
        <input type="checkbox" checked={agreed} onChange={(event) => setAgreed(event.target.checked)} />
        <span>
          {t('setup.agree')}{' '}
          <a href={TERMS} target="_blank" rel="noreferrer" className={styles.link}>
            {t('setup.terms')}
          </a>
        </span>
      </label>
      <div>
        <Button type="submit" look="main" icon={IconCertificate} busy={busy} disabled={busy || !agreed}>
          {t('setup.getCertificate')}
        </Button>
      </div>
    </form>
  )
}

function Wish({ wish, under, onTried }: { wish: CertificateWish; under: boolean; onTried: (next: Shown) => void }) {
  const [busy, run] = useTelling(onTried)
  if (under) return <p role="status" className={styles.small}>{t('setup.obtaining', { names: wish.names.join(t('common.comma')) })}</p>
  if (wish.problem === null) return <p className={styles.small}>{t('setup.renewal', { when: farDay(wish.due_at) })}</p>
  return (
    <>
      <div className={styles.trap} role="alert">
        <p>{t(`setup.problem.${wish.problem}`)}</p>
        {wish.detail ? <code className={styles.raw}>{wish.detail}</code> : null}
        <p className={styles.small}>{t('setup.again', { when: messageTime(wish.due_at) })}</p>
      </div>
      <Button icon={IconRefresh} busy={busy} onClick={() => void run(tryCertificateAgain)}>
        {t('setup.tryNow')}
      </Button>
    </>
  )
}

function useTelling(onDone: (next: Shown) => void): [boolean, (act: () => Promise<Shown>) => Promise<void>] {
  const [busy, setBusy] = useState(false)
  const run = async (act: () => Promise<Shown>) => {
    setBusy(true)
    try {
      onDone(await act())
    } catch (error) {
      complain(`${t('common.notDone')} ${asProblem(error).detail}`.trim())
    } finally {
      setBusy(false)
    }
  }
  return [busy, run]
}
