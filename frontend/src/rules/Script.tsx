import { IconFileCode } from '@tabler/icons-react'
import { useRef, useState } from 'react'
import { asProblem } from '@/shared/api/problem'
import type { BuiltRules, Mailbox, ScriptProblem } from '@/shared/api/types'
import { t } from '@/shared/i18n'
import { Button } from '@/shared/widgets/Button'
import { complain, offerUndo, say } from '@/shared/widgets/undo'
import { problemsOf, saveScript } from './data'
import styles from './Rules.module.css'

interface Props {
  mailbox: Mailbox
  built: BuiltRules
  onInstead: () => void
}

/** A script somebody wrote by hand: shown as it is, with what is wrong at its line. */
export function Script({ mailbox, built, onInstead }: Props) {
  const name = built.active ?? ''
  const before = built.text ?? ''
  const [text, setText] = useState(before)
  const [problems, setProblems] = useState<readonly ScriptProblem[]>([])
  const [busy, setBusy] = useState(false)
  const field = useRef<HTMLTextAreaElement>(null)
  const act = async (then: () => Promise<void>) => {
    setBusy(true)
    try {
      const found = await problemsOf(text)
      setProblems(found)
      if (found.length === 0) await then()
    } catch (error) {
      complain(`${t('common.notDone')} ${asProblem(error).detail}`.trim())
    } finally {
      setBusy(false)
    }
  }
  const save = async () => {
    await saveScript(mailbox.id, name, text)
    offerUndo(t('rules.saved'), () => {
      setText(before)
      saveScript(mailbox.id, name, before).catch(() => complain(t('common.notUndone')))
    })
  }
  return (
    <>
      <div className={styles.notice}>
        <IconFileCode size={16} stroke={1.75} aria-hidden />
        <span className={styles.grow}>{t('rules.byHand', { name })}</span>
        <Button onClick={onInstead}>{t('rules.useThese')}</Button>
      </div>
      <div className={styles.editor}>
        <pre className={styles.numbers} aria-hidden>
          {text.split('\n').map((_, at) => (
            <span key={at} data-wrong={problems.some((problem) => problem.line === at + 1) ? '' : undefined}>{`${at + 1}\n`}</span>
          ))}
        </pre>
        <textarea
          ref={field}
          className={styles.script}
          aria-label={t('rules.script', { name })}
          aria-invalid={problems.length > 0}
          spellCheck={false}
          wrap="off"
          rows={Math.max(12, text.split('\n').length + 1)}
          value={text}
          onChange={(event) => setText(event.target.value)}
        />
      </div>
      {problems.length > 0 ? (
        <div role="alert" className={styles.problems}>
          <p>{t('rules.scriptWrong')}</p>
          {problems.map((problem) => (
            <button key={`${problem.line} ${problem.column} ${problem.text}`} type="button" className={styles.problem} onClick={() => goTo(field.current, problem)}>
              <span className={styles.where}>{t('rules.scriptLine', { line: problem.line })}</span>
              {problem.text}
            </button>
          ))}
        </div>
      ) : null}
      <div className={styles.make}>
        <Button look="main" busy={busy} disabled={busy || text === before} onClick={() => void act(save)}>
          {t('common.save')}
        </Button>
        <Button
          onClick={() =>
            void act(() => {
              say(t('rules.scriptRight'))
              return Promise.resolve()
            })
          }
        >
          {t('rules.check')}
        </Button>
      </div>
    </>
  )
}

/** The cursor goes to where the mistake is. */
function goTo(field: HTMLTextAreaElement | null, { line, column }: ScriptProblem): void {
  if (!field) return
  const lines = field.value.split('\n')
  const at = lines.slice(0, line - 1).reduce((sum, each) => sum + each.length + 1, 0) + column - 1
  field.focus()
  field.setSelectionRange(at, at + 1)
}
