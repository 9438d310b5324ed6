import { useQuery } from '@tanstack/react-query'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { IconFilter, IconPlus } from '@tabler/icons-react'
import { useState } from 'react'
import { cache } from '@/shared/api/cache'
import { asProblem } from '@/shared/api/problem'
import type { BuiltRules, Mailbox, Rule } from '@/shared/api/types'
import { t } from '@/shared/i18n'
import { messageTime } from '@/shared/i18n/format'
import { Button } from '@/shared/widgets/Button'
import { Empty } from '@/shared/widgets/States'
import { complain, offerUndo } from '@/shared/widgets/undo'
import { saveRules, suggestionQuery, takeBack, type Built } from './data'
import { moved, newRule } from './parts'
import { RuleForm } from './RuleForm'
import { RuledMailbox } from './RuledMailbox'
import { RuleList } from './RuleList'
import { RunDialog } from './RunDialog'
import { Script } from './Script'
import styles from './Rules.module.css'

/** The rules of one mailbox: built here, or what somebody wrote by hand. */
export function Rules() {
  return <RuledMailbox section="rules" hint={t('rules.hint')} height={52} show={(mailbox, built) => <OfMailbox mailbox={mailbox} built={built} />} />
}

function OfMailbox({ mailbox, built }: { mailbox: Mailbox; built: BuiltRules }) {
  const instead = () => void save(mailbox.id, built, built, t('rules.usingThese'), true)
  return built.by === 'hand' ? <Script mailbox={mailbox} built={built} onInstead={instead} /> : <Builder mailbox={mailbox} built={built} />
}

/** Which rule is open: one of the list, one that is made from a mail, a new one. */
type Open = number | 'new' | null

function Builder({ mailbox, built }: { mailbox: Mailbox; built: BuiltRules }) {
  const { message } = useSearch({ strict: false })
  const navigate = useNavigate()
  const suggestion = useQuery({ ...suggestionQuery(mailbox.id, message ?? ''), enabled: message !== undefined })
  const [open, setOpen] = useState<Open>(null)
  const [run, setRun] = useState<number>()
  const ran = run === undefined ? undefined : built.rules[run]
  const { rules, away } = built
  const put = (next: readonly Rule[], words: string) => save(mailbox.id, built, { rules: next, away }, words)
  const suggested = message !== undefined && suggestion.data ? suggestion.data : undefined
  const close = () => {
    setOpen(null)
    if (message) void navigate({ to: '/settings/$section', params: { section: 'rules' }, search: { mailbox: mailbox.address }, replace: true })
  }
  const keep = async (rule: Rule) => {
    const next = typeof open === 'number' ? rules.map((each, at) => (at === open ? rule : each)) : [...rules, rule]
    if (await put(next, t('rules.saved'))) close()
  }
  const shown = typeof open === 'number' ? rules[open] : (suggested ?? (open === 'new' ? newRule() : undefined))
  return (
    <>
      <InForce mailbox={mailbox} built={built} />
      {rules.length > 0 ? (
        <RuleList
          rules={rules}
          folders={mailbox.folders}
          onOpen={setOpen}
          onSwitch={(at, on) => void put(rules.map((rule, index) => (index === at ? { ...rule, on } : rule)), t('rules.saved'))}
          onMove={(from, to) => void put(moved(rules, from, to), t('rules.moved', { number: to + 1 }))}
          onRun={setRun}
          onRemove={(at) => void put(rules.filter((_, index) => index !== at), t('rules.removed'))}
        />
      ) : (
        <Empty icon={IconFilter} title={t('rules.none')} />
      )}
      <div className={styles.make}>
        <Button look="main" icon={IconPlus} onClick={() => setOpen('new')}>
          {t('rules.add')}
        </Button>
      </div>
      {shown ? (
        <RuleForm
          key={typeof open === 'number' ? open : (message ?? 'new')}
          title={t(typeof open === 'number' ? 'rules.edit' : 'rules.add')}
          before={shown}
          mailbox={mailbox}
          onKeep={keep}
          onClose={close}
        />
      ) : null}
      {ran ? <RunDialog rule={ran} mailbox={mailbox} onClose={() => setRun(undefined)} /> : null}
    </>
  )
}

/** Rules that do nothing at the moment, and what went wrong when they ran last. */
function InForce({ mailbox, built }: { mailbox: Mailbox; built: BuiltRules }) {
  const idle = built.by === 'nobody' && (built.rules.length > 0 || built.away !== null)
  return (
    <>
      {idle ? (
        <div className={styles.notice}>
          <span className={styles.grow}>{t('rules.notInForce')}</span>
          <Button onClick={() => void save(mailbox.id, built, built, t('rules.saved'))}>{t('rules.putInForce')}</Button>
        </div>
      ) : null}
      {built.failure && built.failed_at ? (
        <div className={styles.notice} data-tone="amber">
          <span className={styles.grow}>
            {t('rules.lastFailure', { when: messageTime(built.failed_at) })} <bdi>{built.failure}</bdi>
          </span>
        </div>
      ) : null}
    </>
  )
}

/** Saves and offers to take it back. Whether it was saved. */
async function save(mailbox: string, before: BuiltRules, built: Built, words: string, replace = false): Promise<boolean> {
  try {
    const saved = await saveRules(mailbox, before, built, replace)
    offerUndo(words, () => {
      takeBack(mailbox, before, saved).catch(() => complain(t('common.notUndone')))
    })
    return true
  } catch (error) {
    const problem = asProblem(error)
    if (problem.kind === 'conflict') {
      await cache.invalidateQueries({ queryKey: ['rules', mailbox] })
      complain(t('rules.changedElsewhere'))
    } else {
      complain(`${t('settings.notSaved')} ${problem.detail}`.trim())
    }
    return false
  }
}
