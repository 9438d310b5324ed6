import { IconPlayerPlay } from '@tabler/icons-react'
import { useRef, useState } from 'react'
import { readAgain } from '@/shared/api/cache'
import { asProblem } from '@/shared/api/problem'
import type { Folder, Mailbox, Rule, RuleStep } from '@/shared/api/types'
import { t } from '@/shared/i18n'
import { folderLabel, inOrder } from '@/shared/shell/folders'
import { Button } from '@/shared/widgets/Button'
import { Dialog, DialogBody, DialogFoot } from '@/shared/widgets/Dialog'
import { Select } from '@/shared/widgets/Field'
import { complain, offerUndo, say } from '@/shared/widgets/undo'
import { runStep, takeStepsBack } from './data'
import { conditionsInWords } from './parts'
import styles from './Rules.module.css'

interface Props {
  rule: Rule
  mailbox: Mailbox
  onClose: () => void
}

const sum = (steps: readonly RuleStep[], of: (step: RuleStep) => number) => steps.reduce((all, step) => all + of(step), 0)

/** A rule over mail that is here already: a step at a time, to be stopped, and taken back as a whole. */
export function RunDialog({ rule, mailbox, onClose }: Props) {
  const folders = inOrder(mailbox.folders)
  const [folder, setFolder] = useState<Folder | undefined>(folders.find((each) => each.role === 'inbox') ?? folders[0])
  const [looked, setLooked] = useState<number>()
  const stopped = useRef(false)
  const running = looked !== undefined
  const close = () => {
    stopped.current = true
    onClose()
  }
  const run = async () => {
    if (!folder) return
    const steps: RuleStep[] = []
    setLooked(0)
    try {
      let before: number | null = null
      do {
        const step: RuleStep = await runStep(mailbox.id, rule, folder.id, before)
        steps.push(step)
        setLooked(sum(steps, (each) => each.looked))
        before = step.next
      } while (before !== null && !stopped.current)
    } catch (error) {
      complain(`${t('rules.notRun')} ${asProblem(error).detail}`.trim())
    }
    await told(steps, folder)
    onClose()
  }
  return (
    <Dialog open onClose={close} title={t('rules.runTitle')}>
      <DialogBody>
        <div className={styles.form}>
          <p className={styles.count}>{conditionsInWords(rule)}</p>
          <Select
            label={t('rules.runOver')}
            value={folder?.id ?? ''}
            choices={folders.map((each) => ({ value: each.id, label: folderLabel(each) }))}
            onChange={(id) => setFolder(folders.find((each) => each.id === id))}
          />
          <p className={styles.hint}>{t('rules.runHint')}</p>
          {running ? (
            <div role="status" className={styles.progress}>
              <progress aria-label={t('rules.runTitle')} max={Math.max(folder?.total ?? 0, looked, 1)} value={looked} />
              {t('rules.looked', { count: looked })}
            </div>
          ) : null}
        </div>
      </DialogBody>
      <DialogFoot>
        <Button onClick={close}>{t(running ? 'rules.stop' : 'common.cancel')}</Button>
        <Button look="main" icon={IconPlayerPlay} busy={running} disabled={!folder} onClick={() => void run()}>
          {t('rules.runNow')}
        </Button>
      </DialogFoot>
    </Dialog>
  )
}

async function told(steps: readonly RuleStep[], folder: Folder): Promise<void> {
  const count = sum(steps, (step) => step.changed)
  if (steps.length > 0 && count === 0) say(t('rules.ranOverNone', { folder: folderLabel(folder) }))
  if (count === 0) return
  await readAgain(['threads'], ['me'])
  offerUndo(t('rules.ran', { count }), () => {
    takeStepsBack(steps).catch(() => complain(t('common.notUndone')))
  })
}
