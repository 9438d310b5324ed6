import { cleanup, press, render } from '@/shared/testing'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { handleKey, run, useActs } from './dispatch'
import type { ActId } from './table'

function Offer({ acts }: { acts: Partial<Record<ActId, () => void>> }) {
  useActs(acts)
  return (
    <div>
      <input aria-label="field" />
      <div data-composer="c1">
        <div contentEditable suppressContentEditableWarning aria-label="letter" role="textbox" />
      </div>
      <div role="dialog">
        <button type="button">in dialog</button>
      </div>
    </div>
  )
}

beforeEach(() => window.addEventListener('keydown', handleKey))
afterEach(() => {
  window.removeEventListener('keydown', handleKey)
  cleanup()
})

test('a key runs its act; not while typing, nor in a dialog', async () => {
  const done = vi.fn()
  const page = await render(<Offer acts={{ 'thread.done': done }} />)
  press(document.body, 'e')
  expect(done).toHaveBeenCalledTimes(1)
  press(page.querySelector('input'), 'e')
  press(page.querySelector('button'), 'e')
  expect(done).toHaveBeenCalledTimes(1)
})

test('two keys in a row are one act', async () => {
  const inbox = vi.fn()
  const images = vi.fn()
  await render(<Offer acts={{ 'go.inbox': inbox, 'thread.images': images }} />)
  press(document.body, 'g')
  press(document.body, 'i')
  expect(inbox).toHaveBeenCalledTimes(1)
  expect(images).not.toHaveBeenCalled()
  press(document.body, 'i')
  expect(images).toHaveBeenCalledTimes(1)
})

test('shift tells reply-all from reply', async () => {
  const reply = vi.fn()
  const all = vi.fn()
  await render(<Offer acts={{ 'thread.reply': reply, 'thread.replyAll': all }} />)
  press(document.body, 'R', { shiftKey: true })
  press(document.body, 'r')
  expect([reply.mock.calls.length, all.mock.calls.length]).toEqual([1, 1])
})

test('in the composer only its own acts work: Escape closes the letter, not the thread', async () => {
  const close = vi.fn()
  const back = vi.fn()
  const send = vi.fn()
  const page = await render(<Offer acts={{ 'write.close': close, 'thread.back': back, 'write.send': send }} />)
  const letter = page.querySelector('[contenteditable]')
  press(letter, 'Escape')
  press(letter, 'Enter', { ctrlKey: true })
  expect([close.mock.calls.length, back.mock.calls.length, send.mock.calls.length]).toEqual([1, 0, 1])
})

function Letter({ name, send }: { name: string; send: () => void }) {
  useActs({ 'write.send': send }, name)
  return (
    <div data-composer={name}>
      <textarea aria-label={name} />
    </div>
  )
}

test('with two letters open, Ctrl+Enter sends the one that is being written', async () => {
  const [first, second] = [vi.fn(), vi.fn()]
  const page = await render(
    <>
      <Letter name="c1" send={first} />
      <Letter name="c2" send={second} />
    </>,
  )
  press(page.querySelector('[data-composer=c1] textarea'), 'Enter', { ctrlKey: true })
  expect([first.mock.calls.length, second.mock.calls.length]).toEqual([1, 0])
})

test('an input method that is composing keeps its keys', async () => {
  const done = vi.fn()
  await render(<Offer acts={{ 'thread.done': done }} />)
  press(document.body, 'e', { isComposing: true })
  expect(done).not.toHaveBeenCalled()
})

test('what came last on screen is asked first, and leaves with its part', async () => {
  const list = vi.fn()
  const reader = vi.fn()
  await render(<Offer acts={{ 'thread.next': list }} />)
  await render(<Offer acts={{ 'thread.next': reader }} />)
  run('thread.next')
  expect([list.mock.calls.length, reader.mock.calls.length]).toEqual([0, 1])
  cleanup()
  expect(run('thread.next')).toBe(false)
})
