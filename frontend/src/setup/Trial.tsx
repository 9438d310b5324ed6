import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import type { Icon } from '@tabler/icons-react'
import { IconAlertTriangle, IconCircleCheck, IconLoader2, IconSend } from '@tabler/icons-react'
import { useEffect, useState, type ReactNode, type SubmitEvent } from 'react'
import { useMe } from '@/shared/api/me'
import { asProblem } from '@/shared/api/problem'
import type { Message, MessageDelivery } from '@/shared/api/types'
import { t } from '@/shared/i18n'
import { messageTime } from '@/shared/i18n/format'
import { Button } from '@/shared/widgets/Button'
import { TextField } from '@/shared/widgets/Field'
import { complain } from '@/shared/widgets/undo'
import { answerQuery, deliveryQuery, forgetTrial, keptTrial, sendTrial, type Trial as Sent } from './data'
import styles from './SetUp.module.css'

/** A mail out and an answer in, with what happened on the way. */
export function Trial({ onTried }: { onTried: (tried: boolean) => void }) {
  const member = useMe().member_id
  const [trial, setTrial] = useState<Sent | null>(() => keptTrial(member))
  const again = () => {
    forgetTrial(member)
    setTrial(null)
    onTried(false)
  }
  if (trial === null) return <Ask onSent={setTrial} />
  return (
    <>
      <Watch trial={trial} onTried={onTried} />
      <Button onClick={again}>{t('setup.trialAgain')}</Button>
    </>
  )
}

function Ask({ onSent }: { onSent: (trial: Sent) => void }) {
  const me = useMe()
  const [busy, setBusy] = useState(false)
  const submit = async (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault()
    const to = (new FormData(event.currentTarget).get('to') as string).trim()
    setBusy(true)
    try {
      onSent(await sendTrial(me.member_id, me.address, to, t('setup.trialSubject'), t('setup.trialText')))
    } catch (error) {
      complain(`${t('common.notDone')} ${t(`problem.${asProblem(error).kind}`)}`)
      setBusy(false)
    }
  }
  return (
    <form className={styles.form} onSubmit={(event) => void submit(event)}>
      <p>{t('setup.trialWords')}</p>
      <TextField label={t('setup.trialTo')} name="to" type="email" required autoComplete="email" hint={t('setup.trialToHint')} />
      <div>
        <Button type="submit" look="main" icon={IconSend} busy={busy}>
          {t('setup.trialSend')}
        </Button>
      </div>
    </form>
  )
}

function Watch({ trial, onTried }: { trial: Sent; onTried: (tried: boolean) => void }) {
  const delivery = useQuery(deliveryQuery(trial.id))
  const thread = useQuery(answerQuery(trial.thread))
  const answer = thread.data?.messages.find((message) => !message.outgoing)
  const came = answer !== undefined
  useEffect(() => onTried(came), [came, onTried])
  return (
    <ol className={styles.happened} aria-live="polite">
      <Line state="done">{t('setup.trialTaken', { to: trial.to })}</Line>
      {delivery.data ? <Delivered delivery={delivery.data} /> : <Line state="waits">{t('setup.asking')}</Line>}
      {answer ? <Answered answer={answer} /> : delivery.data?.delivery === 'sent' ? <Line state="waits">{t('setup.trialAnswer', { to: trial.to })}</Line> : null}
    </ol>
  )
}

function Delivered({ delivery }: { delivery: MessageDelivery }) {
  const [recipient] = delivery.recipients
  const { reason, reply, host } = recipient ?? { reason: null, reply: '', host: '' }
  const words = reason && reason !== 'unknown' ? t(`reason.${reason}`) : ''
  const next = recipient?.next_attempt_at && recipient.attempts > 0 ? t('queue.next', { time: messageTime(recipient.next_attempt_at) }) : ''
  switch (delivery.delivery) {
    case 'sent':
      return (
        <Line state="done" raw={reply}>
          {t(host ? 'setup.trialSentTo' : 'setup.trialSent', { host })}
        </Line>
      )
    case 'failed':
    case 'cancelled':
      return (
        <Line state="wrong" raw={reply}>
          {t('delivery.failed')} {words}
        </Line>
      )
    case 'deferred':
      return (
        <Line state="wrong" raw={reply}>
          {t('setup.trialDeferred')} {words} {next} {reason === 'network' ? t('setup.port25') : ''}
        </Line>
      )
    default:
      return <Line state="waits">{t(delivery.delivery === 'held' ? 'delivery.held' : 'delivery.queued')}</Line>
  }
}

function Answered({ answer }: { answer: Message }) {
  const mailbox = useMe().mailboxes[0]?.address ?? ''
  const proof = answer.authentication
  return (
    <>
      <Line state="done">
        {t('setup.trialCame', { from: answer.from.address, time: messageTime(answer.at) })}{' '}
        <Link to="/mail/$mailbox/$folder" params={{ mailbox, folder: 'inbox' }} className={styles.link}>
          {t('shell.toInbox')}
        </Link>
      </Line>
      {proof ? (
        <Line state={proof.verdict === 'pass' ? 'done' : 'waits'}>
          {t('setup.trialProof', { spf: proof.spf, dkim: proof.dkim, dmarc: proof.dmarc })}
        </Line>
      ) : null}
    </>
  )
}

const GLYPHS: Record<'done' | 'waits' | 'wrong', Icon> = { done: IconCircleCheck, waits: IconLoader2, wrong: IconAlertTriangle }

function Line({ state, raw, children }: { state: 'done' | 'waits' | 'wrong'; raw?: string; children: ReactNode }) {
  const Glyph = GLYPHS[state]
  return (
    <li className={styles.line} data-state={state}>
      <Glyph size={18} stroke={1.75} aria-hidden className={styles.glyph} />
      <div className={styles.words}>
        <p>{children}</p>
        {raw ? <code className={styles.raw}>{raw}</code> : null}
      </div>
    </li>
  )
}
