import { create } from 'zustand'

interface Overlays {
  palette: boolean
  help: boolean
  move: boolean
  customer: boolean
}

/** What lies over the page; one at a time. */
export const useOverlays = create<Overlays>(() => ({ palette: false, help: false, move: false, customer: false }))

export function show(which: keyof Overlays): void {
  useOverlays.setState({ palette: false, help: false, move: false, customer: false, [which]: true })
}

export function hide(which: keyof Overlays): void {
  useOverlays.setState({ [which]: false })
}
