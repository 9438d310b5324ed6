import { IconX } from '@tabler/icons-react'
import { useState } from 'react'
import { t } from '@/shared/i18n'
import { weekdayName } from '@/shared/i18n/format'
import { IconButton } from '@/shared/widgets/Button'
import { Select, Several } from '@/shared/widgets/Field'
import { zoneNow } from './away'
import { FIELDS, TESTS, WEEK, isMoment, needsWords, testLabel, withField, wordsIn, type Condition } from './parts'
import styles from './Rules.module.css'

interface Props {
  number: number
  condition: Condition
  own: readonly string[]
  onChange: (condition: Condition) => void
  onRemove: () => void
}

/** One question about a mail. */
export function ConditionRow({ number, condition, own, onChange, onRemove }: Props) {
  return (
    <div className={styles.line}>
      <Select
        label={t('rules.field')}
        value={condition.field}
        choices={FIELDS.map((field) => ({ value: field, label: t(`rules.field.${field}`) }))}
        onChange={(field) => onChange(withField(condition, field, own))}
      />
      {condition.field === 'header' ? (
        <input
          className={styles.input}
          aria-label={t('rules.headerName')}
          placeholder="X-Priority"
          spellCheck={false}
          value={condition.header}
          onChange={(event) => onChange({ ...condition, header: event.target.value })}
        />
      ) : null}
      <Select
        label={t('rules.test')}
        value={condition.test}
        choices={TESTS[condition.field].map((test) => ({ value: test, label: testLabel(condition.field, test) }))}
        onChange={(test) => onChange({ ...condition, test })}
      />
      {isMoment(condition.field) ? <Moment condition={condition} onChange={(values) => onChange({ ...condition, values, zone: zoneNow(null) })} /> : null}
      {needsWords(condition) ? <Values values={condition.values} onChange={(values) => onChange({ ...condition, values })} /> : null}
      {condition.field === 'size' ? (
        <label className={styles.size}>
          <input
            className={styles.input}
            type="number"
            min={1}
            aria-label={t('rules.sizeIn')}
            value={condition.size || ''}
            onChange={(event) => onChange({ ...condition, size: Math.max(0, Math.round(event.target.valueAsNumber || 0)) })}
          />
          KB
        </label>
      ) : null}
      <IconButton icon={IconX} label={t('rules.removeCondition', { number })} onClick={onRemove} />
    </div>
  )
}

/** A day, a time, or days of the week. */
function Moment({ condition, onChange }: { condition: Condition; onChange: (values: string[]) => void }) {
  const { field, values } = condition
  const label = t(`rules.field.${field}`)
  if (field === 'weekday') {
    const choices = WEEK.map((day) => ({ value: day, label: weekdayName(Number(day)), sign: weekdayName(Number(day), 'narrow') }))
    return (
      <div className={styles.week}>
        <Several label={label} values={values} choices={choices} onChange={onChange} />
      </div>
    )
  }
  const value = values[0] ?? ''
  return (
    <input
      className={styles.input}
      type={field === 'day' ? 'date' : 'time'}
      aria-label={label}
      value={value}
      onChange={(event) => onChange(event.target.value ? [event.target.value.slice(0, field === 'day' ? 10 : 5)] : [])}
    />
  )
}

/** What is typed stays as it is typed; the words in it are what counts. */
function Values({ values, onChange }: { values: string[]; onChange: (values: string[]) => void }) {
  const [text, setText] = useState(values.join(t('common.comma')))
  return (
    <input
      className={styles.input}
      aria-label={t('rules.values')}
      title={t('rules.valuesHint')}
      placeholder={t('rules.values')}
      value={text}
      onChange={(event) => {
        setText(event.target.value)
        onChange(wordsIn(event.target.value))
      }}
    />
  )
}
