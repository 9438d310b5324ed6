import type { Icon } from '@tabler/icons-react'
import type { ComponentProps, Ref } from 'react'
import { run } from '@/shared/keys/dispatch'
import { acts, type ActId } from '@/shared/keys/table'
import { t } from '@/shared/i18n'
import styles from './Button.module.css'
import { classes } from './classes'
import { Kbd } from './Kbd'
import { Tip } from './Tip'

interface ButtonProps extends ComponentProps<'button'> {
  look?: 'main' | 'plain' | 'quiet' | 'danger'
  icon?: Icon
  busy?: boolean
  keys?: string | undefined
  ref?: Ref<HTMLButtonElement>
}

export function Button({ look = 'plain', icon: Glyph, busy, keys, className, children, disabled, ...rest }: ButtonProps) {
  return (
    <button
      type="button"
      className={classes(styles.button, styles[look], className)}
      aria-busy={busy}
      disabled={disabled ?? busy}
      {...rest}
    >
      {Glyph ? <Glyph size={16} stroke={1.75} aria-hidden /> : null}
      {children}
      {keys ? <Kbd keys={keys} /> : null}
    </button>
  )
}

interface IconButtonProps extends ComponentProps<'button'> {
  icon: Icon
  label: string
  keys?: string | undefined
  side?: 'top' | 'bottom' | 'left' | 'right'
  size?: number
  pressed?: boolean
  ref?: Ref<HTMLButtonElement>
}

/** A button that is only an icon: always named, and its tooltip shows the key. */
export function IconButton({ icon: Glyph, label, keys, side, size = 18, pressed, className, ...rest }: IconButtonProps) {
  return (
    <Tip label={label} keys={keys} {...(side ? { side } : {})}>
      <button
        type="button"
        className={classes(styles.icon, className)}
        aria-label={label}
        aria-pressed={pressed}
        aria-keyshortcuts={keys ? ariaKeys(keys) : undefined}
        {...rest}
      >
        <Glyph size={size} stroke={1.75} aria-hidden />
      </button>
    </Tip>
  )
}

interface ActButtonProps extends Omit<IconButtonProps, 'icon' | 'label' | 'keys'> {
  act: ActId
  icon?: Icon
  label?: string
}

/** An icon button for an act of the table: icon, name and key come from there. */
export function ActButton({ act, icon, label, ...rest }: ActButtonProps) {
  return (
    <IconButton
      icon={icon ?? acts[act].icon}
      label={label ?? t(`act.${act}`)}
      keys={acts[act].keys[0]}
      onClick={() => run(act)}
      {...rest}
    />
  )
}

function ariaKeys(keys: string): string {
  return keys.replaceAll('mod', 'Control').replaceAll('shift', 'Shift')
}
