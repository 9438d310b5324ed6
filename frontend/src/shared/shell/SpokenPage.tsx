import { Fragment, useSyncExternalStore, type ReactNode } from 'react'
import { language, speak, type Language } from '@/shared/i18n'

const listeners = new Set<() => void>()

/** Changes the page's language at once; what is being written is kept by its store. */
export async function changeLanguage(next: Language): Promise<void> {
  localStorage.setItem('posthouse.language', next)
  if (next === language()) return
  await speak(next)
  for (const tell of listeners) tell()
}

/** Draws everything anew when the language changes. */
export function SpokenPage({ children }: { children: ReactNode }) {
  const spoken = useSyncExternalStore((tell) => {
    listeners.add(tell)
    return () => listeners.delete(tell)
  }, language)
  return <Fragment key={spoken}>{children}</Fragment>
}
