import { Link } from '@tanstack/react-router'
import { IconChevronDown, IconKey, IconLinkOff, IconPlayerPause, IconPlayerPlay } from '@tabler/icons-react'
import { useId, useState } from 'react'
import { asProblem } from '@/shared/api/problem'
import type { AccountError, LinkedAccount } from '@/shared/api/types'
import { t } from '@/shared/i18n'
import { Button, IconButton } from '@/shared/widgets/Button'
import { Tag } from '@/shared/widgets/Tag'
import { complain } from '@/shared/widgets/undo'
import { AccountDetails } from './AccountDetails'
import styles from './Accounts.module.css'
import { pauseAccount, resumeAccount } from './data'
import { GLYPHS, standingOf, standingWords } from './health'
import { Progress } from './Progress'
import { SecretForm } from './SecretForm'
import { Unlinking } from './Unlinking'

/** An account: how it stands, the one thing to do, and folded away what is in it. */
export function AccountRow({ account }: { account: LinkedAccount }) {
  const [open, setOpen] = useState(false)
  const [asks, setAsks] = useState<'secret' | 'unlink' | null>(null)
  const inside = useId()
  const standing = standingOf(account)
  const { address } = account
  const Glyph = GLYPHS[standing]
  return (
    <li className={styles.account} data-standing={standing}>
      <div className={styles.row}>
        <Glyph size={20} stroke={1.5} aria-hidden className={styles.glyph} />
        <div className={styles.words}>
          <p className={styles.name}>
            <Link to="/mail/$mailbox/$folder" params={{ mailbox: address, folder: 'inbox' }} className={styles.open}>
              {address}
            </Link>
          </p>
          <p className={styles.hint} aria-live="polite">
            {standingWords(account)} {account.behind ? <Tag tone="amber">{t('accounts.behind')}</Tag> : null}
          </p>
        </div>
        <div className={styles.acts}>
          {standing === 'paused' ? (
            <IconButton icon={IconPlayerPlay} label={t('accounts.resume', { address })} onClick={() => void act(resumeAccount, account)} />
          ) : (
            <IconButton icon={IconPlayerPause} label={t('accounts.pause', { address })} onClick={() => void act(pauseAccount, account)} />
          )}
          <IconButton icon={IconKey} label={t('accounts.secretOf', { address })} onClick={() => setAsks('secret')} />
          <IconButton icon={IconLinkOff} label={t('accounts.unlinkOne', { address })} onClick={() => setAsks('unlink')} />
          <IconButton
            icon={IconChevronDown}
            label={t(open ? 'accounts.less' : 'accounts.more', { address })}
            aria-expanded={open}
            aria-controls={inside}
            className={styles.chevron}
            onClick={() => setOpen(!open)}
          />
        </div>
      </div>
      {standing === 'syncing' ? <Progress account={account} /> : null}
      <Wrong account={account} onSecret={() => setAsks('secret')} />
      <div id={inside} hidden={!open}>
        {open ? <AccountDetails id={account.id} /> : null}
      </div>
      <SecretForm account={asks === 'secret' ? account : null} onClose={() => setAsks(null)} />
      <Unlinking account={asks === 'unlink' ? account : null} onClose={() => setAsks(null)} />
    </li>
  )
}

/** What a new password may mend; anything else is only tried again. */
const BY_SECRET: readonly AccountError[] = ['wrong', 'code', 'switched_off', 'consent']

/** What is wrong, in plain words, and the one thing to do; the server's own words are small print. */
function Wrong({ account, onSecret }: { account: LinkedAccount; onSecret: () => void }) {
  const { error, error_said: said, state } = account
  if (!error || state === 'active' || state === 'paused') return null
  return (
    <div className={styles.wrong} data-state={state}>
      <p>
        {t(`accounts.error.${error}`)} {t(`accounts.next.${error}`)}
      </p>
      {said ? <p className={styles.said}>{t('accounts.said', { words: said })}</p> : null}
      {BY_SECRET.includes(error) ? (
        <Button look="main" icon={IconKey} onClick={onSecret}>
          {t(error === 'consent' ? 'accounts.signInAgain' : 'accounts.newSecret')}
        </Button>
      ) : (
        <Button onClick={() => void act(resumeAccount, account)}>{t('accounts.now')}</Button>
      )}
    </div>
  )
}

async function act(what: (id: string) => Promise<void>, { id }: LinkedAccount): Promise<void> {
  try {
    await what(id)
  } catch (error) {
    complain(`${t('common.notDone')} ${t(`problem.${asProblem(error).kind}`)}`)
  }
}
