import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { asProblem } from '@/shared/api/problem'
import type { Due, RetentionRule } from '@/shared/api/types'
import { t } from '@/shared/i18n'
import { messageTime } from '@/shared/i18n/format'
import { Button } from '@/shared/widgets/Button'
import { Select } from '@/shared/widgets/Field'
import { Bone, Trouble, Waiting } from '@/shared/widgets/States'
import { complain, offerUndo } from '@/shared/widgets/undo'
import { retentionQuery, setRules, trialQuery, type Rule } from './data'
import { BY_PLACING, PLACES, same, spanOf, spansFor, withSpan, yearsOf, type Place, type Span } from './places'
import { Taking } from './Taking'
import styles from './Keeping.module.css'

/** How long mail stays in which folders. */
export function Retention() {
  const query = useQuery(retentionQuery)
  return (
    <section aria-label={t('keeping.retention')}>
      <h3 className={styles.subheading}>{t('keeping.retention')}</h3>
      <p className={styles.hint}>{t('keeping.retentionHint')}</p>
      {query.isPending ? (
        <Waiting>
          <Bone height={160} />
        </Waiting>
      ) : query.isError ? (
        <Trouble what={t('keeping.retentionFailed')} error={query.error} onRetry={() => void query.refetch()} />
      ) : (
        <Rules key={JSON.stringify(query.data.rules.map(({ place, days }) => [place, days]))} kept={query.data.rules} />
      )}
    </section>
  )
}

function Rules({ kept }: { kept: readonly RetentionRule[] }) {
  const before: Rule[] = kept.map(({ place, days }) => ({ place, days }))
  const [rules, setHere] = useState(before)
  const [asking, setAsking] = useState(false)
  const changed = !same(rules, before)
  const trial = useQuery({ ...trialQuery(rules), enabled: changed, placeholderData: keepPreviousData })
  const due = changed ? (trial.data?.items ?? []) : []
  const save = async () => {
    setAsking(false)
    try {
      await setRules(rules)
      offerUndo(t('settings.saved'), () => {
        setRules(before).catch((error: unknown) => complain(`${t('common.notUndone')} ${asProblem(error).detail}`.trim()))
      })
    } catch (error) {
      complain(`${t('settings.notSaved')} ${asProblem(error).detail}`.trim())
    }
  }
  return (
    <>
      <ul className={styles.list}>
        {PLACES.map((place) => (
          <PlaceRow
            key={place}
            place={place}
            span={spanOf(rules, place)}
            kept={kept.find((each) => each.place === place)}
            due={due.find((each) => each.place === place)}
            onChange={(span) => setHere(withSpan(rules, place, span))}
          />
        ))}
      </ul>
      {changed ? (
        <div className={styles.acts}>
          <Button look="main" disabled={trial.isFetching} busy={trial.isFetching} onClick={() => (due.length > 0 ? setAsking(true) : void save())}>
            {t('common.save')}
          </Button>
          <Button onClick={() => setHere(before)}>{t('common.cancel')}</Button>
          {trial.isError ? <span className={styles.wrong}>{t('keeping.trialFailed')}</span> : null}
        </div>
      ) : null}
      <Taking due={asking ? due : null} onClose={() => setAsking(false)} onYes={() => void save()} />
    </>
  )
}

interface PlaceRowProps {
  place: Place
  span: Span
  kept: RetentionRule | undefined
  due: Due | undefined
  onChange: (span: Span) => void
}

function PlaceRow({ place, span, kept, due, onChange }: PlaceRowProps) {
  const label = place === 'own' || place === 'all' ? t(`keeping.place.${place}`) : t(`folder.${place}`)
  const taken = kept && kept.swept_count > 0 && `${kept.days}` === span ? kept : null
  return (
    <li className={styles.row}>
      <div className={styles.words}>
        <p className={styles.name}>{label}</p>
        {BY_PLACING.includes(place) ? <p className={styles.hint}>{t('keeping.byPlacing')}</p> : null}
        {taken ? <p className={styles.hint}>{t('keeping.taken', { count: taken.swept_count, when: messageTime(taken.changed_at) })}</p> : null}
        {due ? <p className={styles.due}>{t('keeping.due', { count: due.messages, mailboxes: t('keeping.mailboxes', { count: due.mailboxes }) })}</p> : null}
      </div>
      <Select label={label} value={span} choices={spansFor(place, span).map((each) => ({ value: each, label: wordsOf(each) }))} onChange={onChange} />
    </li>
  )
}

function wordsOf(span: Span): string {
  if (span === 'as-all') return t('keeping.asAll')
  if (span === 'never') return t('keeping.forEver')
  const years = yearsOf(Number(span))
  return years === null ? t('keeping.days', { count: Number(span) }) : t('keeping.years', { count: years })
}
