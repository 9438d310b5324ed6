import { useCallback, useState } from 'react'

/**
 * Which thread is open. The address follows a moment later: the router works in the background,
 * and j must not wait for it. Until it has caught up, what was asked for last holds.
 */
export function useOpening(inAddress: string | undefined, go: (id: string | null) => void): [string | undefined, (id: string | null) => void] {
  const [asked, setAsked] = useState<{ id: string | undefined } | null>(null)
  if (asked && asked.id === inAddress) setAsked(null)
  const choose = useCallback(
    (id: string | null) => {
      setAsked({ id: id ?? undefined })
      go(id)
    },
    [go],
  )
  return [asked ? asked.id : inAddress, choose]
}
