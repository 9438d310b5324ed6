import { useState, type ReactNode, type SubmitEvent } from 'react'
import { asProblem, type Problem, type ProblemKind } from '@/shared/api/problem'
import { t } from '@/shared/i18n'
import { Button } from './Button'
import { DialogBody, DialogFoot } from './Dialog'
import styles from './Record.module.css'

/** Reads a field of the form, trimmed. */
export type TextOf = (field: string) => string

interface Props<Kept> {
  /** What the button says it does. */
  verb: string
  /** Asks the server. */
  keep: (text: TextOf) => Promise<Kept>
  onKept: (kept: Kept) => Promise<void> | void
  onDone: () => void
  /** What is said beside a field that the server refuses. */
  wordsOf: (problem: Problem, field: string) => string
  /** What is said when somebody else was faster. */
  meanwhile?: string
  children: (wrong: (field: string) => string | undefined) => ReactNode
}

/** The fields of a record in a dialog: sent once, refused field by field. */
export function RecordForm<Kept>({ verb, keep, onKept, onDone, wordsOf, meanwhile, children }: Props<Kept>) {
  const [busy, setBusy] = useState(false)
  const [problem, setProblem] = useState<Problem | null>(null)
  const [shown, setShown] = useState(false)
  const submit = async (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault()
    const form = event.currentTarget
    const values = new FormData(form)
    setBusy(true)
    try {
      const kept = await keep((field) => (values.get(field) as string).trim())
      onDone()
      await onKept(kept)
    } catch (error) {
      const refused = asProblem(error)
      setShown(Object.keys(refused.fields).some((field) => form.elements.namedItem(field) !== null))
      setProblem(refused)
      setBusy(false)
    }
  }
  return (
    <form onSubmit={(event) => void submit(event)}>
      <Asking
        refused={problem && !shown ? problem.kind : null}
        meanwhile={meanwhile}
        onCancel={onDone}
        act={
          <Button type="submit" look="main" busy={busy}>
            {verb}
          </Button>
        }
      >
        {children((field) => (problem && field in problem.fields ? wordsOf(problem, field) : undefined))}
      </Asking>
    </form>
  )
}

interface AskingProps {
  /** Why the server refused the whole of it. */
  refused: ProblemKind | null
  /** What is said when somebody else was faster. */
  meanwhile: string | undefined
  onCancel: () => void
  act: ReactNode
  children: ReactNode
}

/** A dialog that asks: fields, what was refused, and the way out beside the way on. */
export function Asking({ refused, meanwhile, onCancel, act, children }: AskingProps) {
  return (
    <>
      <DialogBody>
        <div className={styles.form}>
          {children}
          {refused ? (
            <p role="alert" className={styles.wrong}>
              {refused === 'conflict' && meanwhile ? meanwhile : t(`problem.${refused}`)}
            </p>
          ) : null}
        </div>
      </DialogBody>
      <DialogFoot>
        <Button onClick={onCancel}>{t('common.cancel')}</Button>
        {act}
      </DialogFoot>
    </>
  )
}
