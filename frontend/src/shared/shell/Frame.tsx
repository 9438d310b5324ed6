import { Outlet } from '@tanstack/react-router'
import { Suspense, lazy, useEffect } from 'react'
import { Trouble } from '@/shared/widgets/States'
import { UndoBar } from '@/shared/widgets/undo'
import { useMeState } from '@/shared/api/me'
import { useLive } from '@/shared/live/live'
import { t } from '@/shared/i18n'
import { watchLetters } from '@/composer/sending'
import { useComposers } from '@/composer/store'
import { AwayBar } from '@/rules/AwayBar'
import { Connection } from './Connection'
import { HelpSheet } from './HelpSheet'
import { Palette } from './Palette'
import { BottomBar, Rail } from './Rail'
import { PageActs } from './PageActs'
import { NavSkeleton } from './NavSkeleton'
import styles from './Frame.module.css'

const Windows = lazy(() => import('@/composer/Windows').then((module) => ({ default: module.Windows })))

/** Rail, the room that is open, what floats above. Everything below it may rely on a member being signed in. */
export function Frame() {
  const me = useMeState()
  if (me.isError) {
    return (
      <main className={styles.alone}>
        <Trouble what={t('shell.startFailed')} safe={t('shell.startSafe')} error={me.error} onRetry={() => void me.refetch()} />
      </main>
    )
  }
  if (!me.data) return <NavSkeleton />
  return <Ready />
}

function Ready() {
  useLive()
  useEffect(watchLetters, [])
  const writing = useComposers((state) => state.open.some((composer) => composer.frame === 'window'))
  return (
    <div className={styles.frame}>
      <a href="#work" className="skip">
        {t('shell.skip')}
      </a>
      <PageActs />
      <Rail />
      <div className={styles.side}>
        <Connection />
        <AwayBar />
        <div id="work" className={styles.work} tabIndex={-1}>
          <Suspense>
            <Outlet />
          </Suspense>
        </div>
        <BottomBar />
      </div>
      {writing ? (
        <Suspense>
          <Windows />
        </Suspense>
      ) : null}
      <Palette />
      <HelpSheet />
      <UndoBar />
    </div>
  )
}
