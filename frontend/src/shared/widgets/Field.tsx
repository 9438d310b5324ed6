import { Select as BaseSelect } from '@base-ui/react/select'
import { Switch as BaseSwitch } from '@base-ui/react/switch'
import { Toggle } from '@base-ui/react/toggle'
import { ToggleGroup } from '@base-ui/react/toggle-group'
import type { Icon } from '@tabler/icons-react'
import { IconCheck, IconSelector } from '@tabler/icons-react'
import { useId, type ComponentProps, type ReactNode, type Ref } from 'react'
import styles from './Field.module.css'

interface Labels {
  label: string
  hint?: ReactNode
  error?: string | undefined
}

type FieldProps = ComponentProps<'input'> & Labels & { ref?: Ref<HTMLInputElement> }

/** A labelled line of text; an error is told to screen readers with the field. */
export function TextField({ label, hint, error, ...rest }: FieldProps) {
  return (
    <Labelled label={label} hint={hint} error={error}>
      {(own) => <input {...own} {...rest} />}
    </Labelled>
  )
}

export function TextArea({ label, hint, error, ...rest }: ComponentProps<'textarea'> & Labels) {
  return (
    <Labelled label={label} hint={hint} error={error}>
      {(own) => <textarea {...own} {...rest} />}
    </Labelled>
  )
}

type Own = Pick<ComponentProps<'input'>, 'id' | 'className' | 'aria-invalid' | 'aria-describedby'>

function Labelled({ label, hint, error, children }: Labels & { children: (own: Own) => ReactNode }) {
  const id = useId()
  const note = error ?? hint
  return (
    <div className={styles.field}>
      <label htmlFor={id} className={styles.label}>
        {label}
      </label>
      {children({
        id,
        className: styles.input,
        'aria-invalid': error ? true : undefined,
        'aria-describedby': note ? `${id}-note` : undefined,
      })}
      {note ? (
        <p id={`${id}-note`} className={error ? styles.error : styles.hint}>
          {note}
        </p>
      ) : null}
    </div>
  )
}

interface Choice<T extends string> {
  value: T
  label: string
  icon?: Icon
}

interface ChoiceProps<T extends string> {
  label: string
  value: T
  choices: readonly Choice<T>[]
  onChange: (value: T) => void
}

export function Select<T extends string>({ label, value, choices, onChange }: ChoiceProps<T>) {
  return (
    <BaseSelect.Root
      value={value}
      onValueChange={(next) => next !== null && onChange(next)}
      items={choices.map((choice) => ({ value: choice.value, label: choice.label }))}
    >
      <BaseSelect.Trigger className={styles.select} aria-label={label}>
        <BaseSelect.Value />
        <IconSelector size={14} aria-hidden />
      </BaseSelect.Trigger>
      <BaseSelect.Portal>
        <BaseSelect.Positioner className={styles.positioner} sideOffset={4} alignItemWithTrigger={false}>
          <BaseSelect.Popup className={styles.popup}>
            {choices.map((choice) => (
              <BaseSelect.Item key={choice.value} value={choice.value} className={styles.option}>
                <BaseSelect.ItemText>{choice.label}</BaseSelect.ItemText>
                <BaseSelect.ItemIndicator className={styles.tick}>
                  <IconCheck size={14} stroke={2} aria-hidden />
                </BaseSelect.ItemIndicator>
              </BaseSelect.Item>
            ))}
          </BaseSelect.Popup>
        </BaseSelect.Positioner>
      </BaseSelect.Portal>
    </BaseSelect.Root>
  )
}

/** A few choices side by side; exactly one holds. */
export function Segmented<T extends string>({ label, value, choices, onChange }: ChoiceProps<T>) {
  return (
    <ToggleGroup
      className={styles.segments}
      aria-label={label}
      value={[value]}
      onValueChange={(next) => {
        const chosen = next[0]
        if (chosen !== undefined) onChange(chosen)
      }}
    >
      {choices.map(({ value: each, label: words, icon: Glyph }) => (
        <Toggle key={each} value={each} className={styles.segment}>
          {Glyph ? <Glyph size={16} stroke={1.75} aria-hidden /> : null}
          {words}
        </Toggle>
      ))}
    </ToggleGroup>
  )
}

interface SeveralProps<T extends string> {
  label: string
  values: readonly T[]
  /** `sign` is what is seen of a choice, in as little room as there is. */
  choices: readonly (Choice<T> & { sign: string })[]
  onChange: (values: T[]) => void
}

/** A few choices side by side, of which any number holds. */
export function Several<T extends string>({ label, values, choices, onChange }: SeveralProps<T>) {
  return (
    <ToggleGroup multiple className={styles.segments} aria-label={label} value={values} onValueChange={onChange}>
      {choices.map(({ value, label: words, sign }) => (
        <Toggle key={value} value={value} className={styles.segment} data-sign="" aria-label={words} title={words}>
          {sign}
        </Toggle>
      ))}
    </ToggleGroup>
  )
}

interface SwitchProps {
  label: string
  checked: boolean
  onChange: (checked: boolean) => void
}

export function Switch({ label, checked, onChange }: SwitchProps) {
  return (
    <BaseSwitch.Root className={styles.switch} checked={checked} onCheckedChange={onChange} aria-label={label}>
      <BaseSwitch.Thumb className={styles.thumb} />
    </BaseSwitch.Root>
  )
}
