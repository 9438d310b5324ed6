import { create } from 'zustand'
import type { Theme } from '@/shared/api/types'

type Density = 'comfortable' | 'compact'

interface Look {
  theme: Theme
  density: Density
  railOpen: boolean
  customerOpen: boolean
  listWidth: number
  customerWidth: number
  set: (change: Partial<Omit<Look, 'set'>>) => void
}

const KEPT = 'posthouse.look'

function kept(): Partial<Look> {
  try {
    return JSON.parse(localStorage.getItem(KEPT) ?? '{}') as Partial<Look>
  } catch {
    return {}
  }
}

/** What this browser remembers of the page's look. */
export const useLook = create<Look>()((set, get) => ({
  theme: 'system',
  density: 'comfortable',
  railOpen: window.innerWidth >= 1680,
  customerOpen: true,
  listWidth: 400,
  customerWidth: 320,
  ...kept(),
  set: (change) => {
    set(change)
    // Functions are left out by JSON.
    localStorage.setItem(KEPT, JSON.stringify(get()))
    applyLook()
  },
}))

const darkGround = window.matchMedia('(prefers-color-scheme: dark)')
darkGround.addEventListener('change', applyLook)

/** Writes theme and density where the style sheet reads them. */
export function applyLook(): void {
  const { theme, density } = useLook.getState()
  const dark = theme === 'dark' || (theme === 'system' && darkGround.matches)
  document.documentElement.dataset.theme = dark ? 'dark' : 'light'
  document.documentElement.dataset.density = density
}

export function isDark(): boolean {
  return document.documentElement.dataset.theme === 'dark'
}
