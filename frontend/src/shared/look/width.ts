import { useSyncExternalStore } from 'react'

/** Below this the customer is a drawer. */
export const DRAWER = '(width < 1180px)'
/** Below this there is one column. */
export const NARROW = '(width < 760px)'

const queries = new Map<string, MediaQueryList>()

function queryOf(text: string): MediaQueryList {
  let query = queries.get(text)
  if (!query) queries.set(text, (query = window.matchMedia(text)))
  return query
}

/** How the window is at this moment: a key may come before what it shows has been drawn for a new width. */
export function isNow(text: string): boolean {
  return queryOf(text).matches
}

export function useMedia(text: string): boolean {
  const query = queryOf(text)
  return useSyncExternalStore(
    (tell) => {
      query.addEventListener('change', tell)
      return () => query.removeEventListener('change', tell)
    },
    () => query.matches,
  )
}
