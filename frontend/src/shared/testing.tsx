import { act, type ReactElement } from 'react'
import { createRoot, type Root } from 'react-dom/client'

declare global {
  var IS_REACT_ACT_ENVIRONMENT: boolean
}
globalThis.IS_REACT_ACT_ENVIRONMENT = true

const roots: { root: Root; element: HTMLElement }[] = []

/** Draws a part of the page into the test's document. */
export async function render(part: ReactElement): Promise<HTMLElement> {
  const element = document.body.appendChild(document.createElement('div'))
  const root = createRoot(element)
  roots.push({ root, element })
  await act(async () => {
    root.render(part)
    await Promise.resolve()
  })
  return element
}

export function cleanup(): void {
  for (const { root, element } of roots.splice(0)) {
    act(() => root.unmount())
    element.remove()
  }
}

export function press(target: Element | null, key: string, more: KeyboardEventInit = {}): void {
  act(() => {
    target?.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true, ...more }))
  })
}
