import { asProblem } from '@/shared/api/problem'
import { t } from '@/shared/i18n'
import { Select } from '@/shared/widgets/Field'
import { complain } from '@/shared/widgets/undo'
import styles from './Accounts.module.css'
import { keepThere } from './data'

const ALWAYS = 'always'
const DAYS = [0, 7, 14, 30, 90, 365]

/** How long mail that is here stays at a POP3 server. */
export function KeepingThere({ id, days }: { id: string; days: number | null }) {
  const offered = days === null || DAYS.includes(days) ? DAYS : [...DAYS, days].sort((a, b) => a - b)
  const choices = [{ value: ALWAYS, label: t('accounts.keepingAlways') }, ...offered.map((each) => ({ value: String(each), label: wordsOf(each) }))]
  return (
    <div className={styles.keeping}>
      <Select label={t('accounts.keeping')} value={days === null ? ALWAYS : String(days)} choices={choices} onChange={(next) => void keep(id, next)} />
      <p className={styles.hint}>{t('accounts.keepingHint')}</p>
    </div>
  )
}

async function keep(id: string, choice: string): Promise<void> {
  try {
    await keepThere(id, choice === ALWAYS ? null : Number(choice))
  } catch (error) {
    complain(`${t('common.notDone')} ${t(`problem.${asProblem(error).kind}`)}`)
  }
}

function wordsOf(days: number): string {
  return days === 0 ? t('accounts.keepingNever') : t('accounts.keepingDays', { count: days })
}
