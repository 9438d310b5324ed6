import { IconX } from '@tabler/icons-react'
import { useState } from 'react'
import { t } from '@/shared/i18n'
import { IconButton } from '@/shared/widgets/Button'
import { Select } from '@/shared/widgets/Field'
import { FIELDS, TESTS, needsWords, withField, wordsIn, type Condition } from './parts'
import styles from './Rules.module.css'

interface Props {
  number: number
  condition: Condition
  onChange: (condition: Condition) => void
  onRemove: () => void
}

/** One question about a mail. */
export function ConditionRow({ number, condition, onChange, onRemove }: Props) {
  return (
    <div className={styles.line}>
      <Select
        label={t('rules.field')}
        value={condition.field}
        choices={FIELDS.map((field) => ({ value: field, label: t(`rules.field.${field}`) }))}
        onChange={(field) => onChange(withField(condition, field))}
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
        choices={TESTS[condition.field].map((test) => ({ value: test, label: t(`rules.test.${test}`) }))}
        onChange={(test) => onChange({ ...condition, test })}
      />
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
