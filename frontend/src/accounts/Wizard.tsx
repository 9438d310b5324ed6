import { IconArrowLeft } from '@tabler/icons-react'
import { useEffect, useRef, useState, type SubmitEvent } from 'react'
import { asProblem, type Problem } from '@/shared/api/problem'
import type { Detection, LinkedAccount } from '@/shared/api/types'
import { t } from '@/shared/i18n'
import { Button } from '@/shared/widgets/Button'
import { TextField } from '@/shared/widgets/Field'
import styles from './Accounts.module.css'
import { detect } from './data'
import { Linked } from './Linked'
import { SignInStep } from './SignInStep'

/** From an address to a mailbox that is in step: address, sign-in and trial, first mails. */
export function Wizard({ onDone }: { onDone: () => void }) {
  const [found, setFound] = useState<Detection | null>(null)
  const [linked, setLinked] = useState<LinkedAccount | null>(null)
  if (linked) return <Linked account={linked} onDone={onDone} />
  return (
    <div className={styles.wizard}>
      <div className={styles.back}>
        <Button look="quiet" icon={IconArrowLeft} onClick={found ? () => setFound(null) : onDone}>
          {t(found ? 'accounts.otherAddress' : 'accounts.back')}
        </Button>
      </div>
      {found ? <SignInStep key={found.address} found={found} onLinked={setLinked} /> : <AddressStep onFound={setFound} />}
    </div>
  )
}

function AddressStep({ onFound }: { onFound: (found: Detection) => void }) {
  const [busy, setBusy] = useState(false)
  const [problem, setProblem] = useState<Problem | null>(null)
  const field = useRef<HTMLInputElement>(null)
  useEffect(() => field.current?.focus(), [])
  const submit = async (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault()
    setBusy(true)
    setProblem(null)
    try {
      onFound(await detect(field.current?.value.trim() ?? ''))
    } catch (error) {
      setProblem(asProblem(error))
      setBusy(false)
    }
  }
  return (
    <form className={styles.form} onSubmit={(event) => void submit(event)}>
      <h3 className={styles.subheading}>{t('accounts.which')}</h3>
      <TextField
        ref={field}
        label={t('accounts.address')}
        name="address"
        type="email"
        required
        autoComplete="off"
        spellCheck={false}
        placeholder="name@163.com"
        readOnly={busy}
        hint={busy ? t('accounts.looking') : t('accounts.addressHint')}
        error={problem ? wordsOf(problem) : undefined}
      />
      <div>
        <Button type="submit" look="main" busy={busy}>
          {t('accounts.find')}
        </Button>
      </div>
    </form>
  )
}

/** An address of this house is not elsewhere. */
function wordsOf(problem: Problem): string {
  if (problem.kind === 'conflict') return t('accounts.isHere')
  if (problem.kind === 'invalid') return t('accounts.noAddress')
  return t(`problem.${problem.kind}`)
}
