import { useEffect, useMemo, useRef, useState } from 'react'
import { handleKey } from '@/shared/keys/dispatch'
import { useLook } from '@/shared/look/look'
import { isDark } from '@/shared/look/look'
import { useMedia } from '@/shared/look/width'
import { darken } from './dark'
import { framePage } from './frame'
import styles from './MailFrame.module.css'

interface Props {
  html: string
  title: string
}

/**
 * A mail's body in a frame without scripts. It shares our origin only so that we can measure it and read the keys pressed inside;
 * without `allow-scripts` nothing in it can use that.
 */
export function MailFrame({ html, title }: Props) {
  const frame = useRef<HTMLIFrameElement>(null)
  const [height, setHeight] = useState(0)
  const chosen = useLook((look) => look.theme)
  const night = useMedia('(prefers-color-scheme: dark)')
  const theme = chosen === 'system' ? (night ? 'dark' : 'light') : chosen
  const page = useMemo(() => framePage(html), [html])
  const [look, setLook] = useState<'light' | 'ink' | 'paper'>('light')

  useEffect(() => {
    const element = frame.current
    if (!element) return
    let stop: () => void = () => undefined
    let seen: Document | null = null
    let waiting = 0
    // The words are there before `load`, which also waits for fonts and images.
    const look = () => {
      const page = element.contentDocument
      if (page?.URL !== 'about:srcdoc' || page.readyState === 'loading') {
        waiting = requestAnimationFrame(look)
      } else if (page !== seen) {
        seen = page
        stop()
        stop = watch(page, setHeight, setLook)
      }
    }
    look()
    element.addEventListener('load', look)
    return () => {
      cancelAnimationFrame(waiting)
      element.removeEventListener('load', look)
      stop()
    }
  }, [page, theme])

  return (
    <iframe
      ref={frame}
      // A new theme needs the mail's own colours again.
      key={theme}
      className={styles.frame}
      data-look={look}
      title={title}
      sandbox="allow-same-origin allow-popups allow-popups-to-escape-sandbox"
      referrerPolicy="no-referrer"
      srcDoc={page}
      style={{ height: height || undefined }}
      data-ready={height ? '' : undefined}
    />
  )
}

function watch(page: Document, setHeight: (height: number) => void, setLook: (look: 'light' | 'ink' | 'paper') => void): () => void {
  setLook(isDark() ? darken(page) : 'light')
  const measure = () => setHeight(Math.ceil(page.body.getBoundingClientRect().height) + scrollbarOf(page))
  const observer = new ResizeObserver(measure)
  observer.observe(page.body)
  measure()
  const forward = (event: KeyboardEvent) => handleKey(event)
  page.addEventListener('keydown', forward)
  return () => {
    observer.disconnect()
    page.removeEventListener('keydown', forward)
  }
}

/** A table wider than the column gets a scrollbar of its own, which must not cover the last line. */
function scrollbarOf(page: Document): number {
  return page.documentElement.scrollWidth > page.documentElement.clientWidth + 1 ? 14 : 0
}
