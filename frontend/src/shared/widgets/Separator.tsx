import { useRef, type KeyboardEvent, type PointerEvent } from 'react'
import styles from './Separator.module.css'

interface Props {
  label: string
  value: number
  min: number
  max: number
  /** Which side of the line the resized pane is on. */
  pane: 'before' | 'after'
  onChange: (value: number) => void
}

const STEP = 16

/** The line between two panes: drag it, or move it with the arrow keys. */
export function Separator({ label, value, min, max, pane, onChange }: Props) {
  const drag = useRef<{ x: number; value: number } | null>(null)
  const sign = pane === 'before' ? 1 : -1
  const move = (next: number) => onChange(Math.round(Math.min(max, Math.max(min, next))))

  const onPointerDown = (event: PointerEvent<HTMLDivElement>) => {
    drag.current = { x: event.clientX, value }
    event.currentTarget.setPointerCapture(event.pointerId)
  }
  const onPointerMove = (event: PointerEvent<HTMLDivElement>) => {
    if (drag.current) move(drag.current.value + sign * (event.clientX - drag.current.x))
  }
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'ArrowLeft') move(value - sign * STEP)
    else if (event.key === 'ArrowRight') move(value + sign * STEP)
    else return
    event.preventDefault()
    event.stopPropagation()
  }

  return (
    // A focusable separator is a widget (WAI-ARIA 1.2, "window splitter"); the lint rule does not know it.
    // eslint-disable-next-line jsx-a11y/no-noninteractive-element-interactions
    <div
      className={styles.separator}
      role="separator"
      aria-orientation="vertical"
      aria-label={label}
      aria-valuenow={value}
      aria-valuemin={min}
      aria-valuemax={max}
      // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex
      tabIndex={0}
      onPointerDown={onPointerDown}
      onPointerMove={onPointerMove}
      onPointerUp={() => (drag.current = null)}
      onKeyDown={onKeyDown}
    />
  )
}
