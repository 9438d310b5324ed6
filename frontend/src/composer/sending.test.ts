import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { Problem } from '@/shared/api/problem'
import * as server from './data'
import { keepMine, save, sendLetter } from './sending'
import { changeLetter, composerOf, openComposer, useComposers } from './store'

vi.mock('./data')
const people = [{ name: 'Anna', address: 'a@b.example' }]

beforeEach(() => {
  vi.mocked(server.saveDraft).mockResolvedValue({ id: 'd1', revision: 1, changed_at: '' })
  vi.mocked(server.send).mockResolvedValue({ id: 'm1', thread_id: 't1', undo_until: new Date(Date.now() + 10_000).toISOString() })
})

afterEach(() => {
  useComposers.setState({ open: [] })
  vi.resetAllMocks()
})

const keyOf = (call: number) => vi.mocked(server.send).mock.calls[call]?.[3]

test('a letter that could not be sent is open again, and trying again is the same act', async () => {
  vi.mocked(server.send).mockRejectedValueOnce(new Problem('offline', 0, ''))
  const key = openComposer({ letter: { to: people, html: '<p>x</p>' } })
  await sendLetter(key, null)
  expect(composerOf(key)?.letter.html).toBe('<p>x</p>')
  await sendLetter(key, null)
  expect(keyOf(1)).toBe(keyOf(0))
  expect(composerOf(key)).toBeUndefined()
})

test('another text is another act', async () => {
  vi.mocked(server.send).mockRejectedValueOnce(new Problem('offline', 0, ''))
  const key = openComposer({ letter: { to: people, html: '<p>x</p>' } })
  await sendLetter(key, null)
  changeLetter(key, { html: '<p>y</p>' })
  await sendLetter(key, null)
  expect(keyOf(1)).not.toBe(keyOf(0))
})

test('an empty letter is not kept; what is typed while saving is saved after it', async () => {
  const key = openComposer({})
  await save(key)
  expect(server.saveDraft).not.toHaveBeenCalled()
  changeLetter(key, { html: '<p>a</p>' })
  const saving = save(key)
  changeLetter(key, { html: '<p>ab</p>' })
  await saving
  expect(vi.mocked(server.saveDraft).mock.calls.map((call) => [call[0], call[2].html])).toEqual([
    [null, '<p>a</p>'],
    ['d1', '<p>ab</p>'],
  ])
  expect(composerOf(key)?.saved).toBe('saved')
})

test('two windows: the second is told, and overwrites only when asked to', async () => {
  vi.mocked(server.saveDraft).mockRejectedValueOnce(new Problem('conflict', 409, ''))
  const key = openComposer({ draftId: 'd1', revision: 1, letter: { html: '<p>a</p>' } })
  await save(key)
  expect(composerOf(key)?.saved).toBe('conflict')
  expect(server.saveDraft).toHaveBeenCalledTimes(1)
  vi.mocked(server.readDraft).mockResolvedValue({ id: 'd1', revision: 7 } as server.StoredDraft)
  await keepMine(key)
  expect(vi.mocked(server.saveDraft).mock.calls[1]?.slice(0, 2)).toEqual(['d1', 7])
})
