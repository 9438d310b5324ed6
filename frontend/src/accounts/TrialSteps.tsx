import { useEffect, useRef } from 'react'
import type { Icon } from '@tabler/icons-react'
import { IconCircleCheck, IconCircleDashed, IconCircleX, IconLoader2 } from '@tabler/icons-react'
import type { AccountTrial, MailProvider, TrialStep } from '@/shared/api/types'
import { t } from '@/shared/i18n'
import styles from './Accounts.module.css'
import { said } from './data'

const NAMES = ['reach', 'certificate', 'sign_in', 'folders', 'sending'] as const
const GLYPHS: Record<TrialStep['outcome'], Icon> = { done: IconCircleCheck, failed: IconCircleX, skipped: IconCircleDashed }

interface Props {
  /** null while it is under way. */
  trial: AccountTrial | null
  provider: MailProvider | null
}

/** How far a trial got, step by step; below the one that failed, what to do. */
export function TrialSteps({ trial, provider }: Props) {
  const list = useRef<HTMLOListElement>(null)
  // Below a form that is longer than the window nobody would see that something happens.
  useEffect(() => {
    // Newer browsers answer with a promise, which is no way to clean up.
    list.current?.scrollIntoView({ block: 'nearest' })
  }, [trial])
  return (
    <ol ref={list} className={styles.trial} aria-label={t('accounts.trial')} aria-live="polite" aria-busy={trial === null}>
      {trial ? trial.steps.map((step) => <Step key={step.name} step={step} trial={trial} provider={provider} />) : NAMES.map((name) => <Waiting key={name} name={name} />)}
    </ol>
  )
}

function Waiting({ name }: { name: TrialStep['name'] }) {
  return (
    <li className={styles.step}>
      <IconLoader2 size={18} stroke={1.75} aria-hidden className={styles.spinner} />
      <p className={styles.hint}>{t(`accounts.step.${name}`)}</p>
    </li>
  )
}

function Step({ step, trial, provider }: { step: TrialStep; trial: AccountTrial; provider: MailProvider | null }) {
  const { name, outcome, error, said: words } = step
  const Glyph = GLYPHS[outcome]
  return (
    <li className={styles.step} data-outcome={outcome}>
      <Glyph size={18} stroke={1.75} role="img" aria-label={t(`accounts.outcome.${outcome}`)} className={styles.stepGlyph} />
      <div className={styles.words}>
        <p className={styles.stepName}>{t(`accounts.step.${name}`)}</p>
        {name === 'folders' && outcome === 'done' ? <p className={styles.hint}>{foldersWords(trial)}</p> : null}
        {error ? (
          <>
            <p>
              {t(`accounts.error.${error}`)} {adviceOf(error, provider)}
            </p>
            {words ? <p className={styles.said}>{t('accounts.said', { words })}</p> : null}
          </>
        ) : null}
      </div>
    </li>
  )
}

/** A refused password at a provider that wants a code is nearly always the password itself. */
function adviceOf(error: NonNullable<TrialStep['error']>, provider: MailProvider | null): string {
  const wantsCode = provider?.secret === 'code' && (error === 'wrong' || error === 'code')
  return wantsCode ? t('accounts.help.codeOf', { code: said(provider.secret_name) }) : t(`accounts.help.${error}`)
}

function foldersWords({ folders, folder_count: count, messages }: AccountTrial): string {
  const named = folders.slice(0, 5).join(t('common.comma'))
  const seen = count > 5 ? t('accounts.foldersMore', { folders: named, count }) : named
  return messages === null ? seen : t('accounts.foldersSeen', { folders: seen, count: messages })
}
