import { useEffect } from 'react'

/** The browser tab says where one is. */
export function useTitle(title: string): void {
  useEffect(() => {
    document.title = title ? `${title} · Posthouse` : 'Posthouse'
  }, [title])
}
