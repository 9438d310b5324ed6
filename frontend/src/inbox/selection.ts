import { create } from 'zustand'

interface Selection {
  ids: ReadonlySet<string>
  /** Where a range with Shift begins. */
  anchor: string | null
}

export const useSelection = create<Selection>(() => ({ ids: new Set(), anchor: null }))

export function toggle(id: string): void {
  const ids = new Set(useSelection.getState().ids)
  if (!ids.delete(id)) ids.add(id)
  useSelection.setState({ ids, anchor: id })
}

export function selectRange(to: string, order: readonly string[]): void {
  const { anchor, ids } = useSelection.getState()
  const from = anchor ? order.indexOf(anchor) : -1
  const end = order.indexOf(to)
  if (from < 0 || end < 0) {
    toggle(to)
    return
  }
  const range = order.slice(Math.min(from, end), Math.max(from, end) + 1)
  useSelection.setState({ ids: new Set([...ids, ...range]) })
}

export function clearSelection(): void {
  useSelection.setState({ ids: new Set(), anchor: null })
}
