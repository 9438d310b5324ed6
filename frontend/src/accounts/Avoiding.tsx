import { asProblem } from '@/shared/api/problem'
import { t } from '@/shared/i18n'
import { Switch } from '@/shared/widgets/Field'
import { complain } from '@/shared/widgets/undo'
import styles from './Accounts.module.css'
import { avoidExtensions } from './data'

/** Those that change how mail is kept in step; what was switched off beside them is shown, too. */
const KNOWN = ['IDLE', 'QRESYNC', 'CONDSTORE', 'MOVE', 'UIDPLUS', 'ESEARCH', 'SPECIAL-USE', 'LIST-EXTENDED', 'NAMESPACE', 'BINARY', 'SASL-IR', 'LITERAL+', 'ID']

/** What an IMAP server offers and does not do right: on is used where it is offered. */
export function Avoiding({ id, extensions }: { id: string; extensions: readonly string[] }) {
  const all = [...KNOWN, ...extensions.filter((each) => !KNOWN.includes(each))]
  const avoided = all.filter((each) => extensions.includes(each))
  return (
    <details className={styles.avoiding}>
      <summary>{avoided.length === 0 ? t('accounts.avoidsNothing') : t('accounts.avoids', { names: avoided.join(', ') })}</summary>
      <p className={styles.hint}>{t('accounts.avoidingHint')}</p>
      <ul>
        {all.map((each) => (
          <li key={each}>
            <Switch label={each} checked={!extensions.includes(each)} onChange={(used) => void change(id, used ? avoided.filter((other) => other !== each) : [...avoided, each])} />
            <span aria-hidden="true">{each}</span>
          </li>
        ))}
      </ul>
    </details>
  )
}

async function change(id: string, extensions: string[]): Promise<void> {
  try {
    await avoidExtensions(id, extensions)
  } catch (error) {
    complain(`${t('common.notDone')} ${t(`problem.${asProblem(error).kind}`)}`)
  }
}
