import { useState, type ReactNode, type SubmitEvent } from 'react'
import { asProblem, type Problem } from '@/shared/api/problem'
import { t } from '@/shared/i18n'
import { Button } from './Button'
import { DialogBody, DialogFoot } from './Dialog'
import styles from './Record.module.css'

interface Props<Made> {
  /** Asks the server; `text` reads a field, trimmed. */
  add: (text: (field: string) => string) => Promise<Made>
  onMade: (made: Made) => Promise<void>
  onDone: () => void
  /** What is said beside a field that the server refuses. */
  wordsOf: (problem: Problem, field: string) => string
  children: (wrong: (field: string) => string | undefined) => ReactNode
}

/** The fields of a new record in a dialog: sent once, refused field by field. */
export function RecordForm<Made>({ add, onMade, onDone, wordsOf, children }: Props<Made>) {
  const [busy, setBusy] = useState(false)
  const [problem, setProblem] = useState<Problem | null>(null)
  const submit = async (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault()
    const form = new FormData(event.currentTarget)
    setBusy(true)
    try {
      const made = await add((field) => (form.get(field) as string).trim())
      onDone()
      await onMade(made)
    } catch (error) {
      setProblem(asProblem(error))
      setBusy(false)
    }
  }
  return (
    <form onSubmit={(event) => void submit(event)}>
      <DialogBody>
        <div className={styles.form}>
          {children((field) => (problem && field in problem.fields ? wordsOf(problem, field) : undefined))}
          {problem && Object.keys(problem.fields).length === 0 ? (
            <p role="alert" className={styles.wrong}>
              {t(`problem.${problem.kind}`)}
            </p>
          ) : null}
        </div>
      </DialogBody>
      <DialogFoot>
        <Button onClick={onDone}>{t('common.cancel')}</Button>
        <Button type="submit" look="main" busy={busy}>
          {t('common.make')}
        </Button>
      </DialogFoot>
    </form>
  )
}
