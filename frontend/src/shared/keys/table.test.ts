import { expect, test } from 'vitest'
import { actIds, acts, type ActId } from './table'

/** Scopes that can be on screen, and be meant, at the same time. */
function meet(a: ActId, b: ActId): boolean {
  const [one, other] = [acts[a].scope, acts[b].scope]
  return one === other || one === 'page' || other === 'page'
}

const pairs = actIds.flatMap((a, i) => actIds.slice(i + 1).map((b) => [a, b] as const)).filter(([a, b]) => meet(a, b))

test('no two acts share a key where both can be meant', () => {
  const clashes = pairs.filter(([a, b]) => acts[a].keys.some((keys) => acts[b].keys.includes(keys)))
  expect(clashes).toEqual([])
})

test('no key is the beginning of another act’s sequence', () => {
  const clashes = pairs.filter(([a, b]) =>
    [[a, b] as const, [b, a] as const].some(([x, y]) => acts[x].keys.some((keys) => acts[y].keys.some((other) => other.startsWith(`${keys} `)))),
  )
  expect(clashes).toEqual([])
})

test('what works while typing needs a modifier or is Escape', () => {
  for (const id of actIds) {
    if (acts[id].typing) for (const keys of acts[id].keys) expect(keys, id).toMatch(/^(mod\+|escape$)/)
  }
})
