import { QueryClientProvider } from '@tanstack/react-query'
import { act } from 'react'
import { cleanup, render } from '@/shared/testing'
import { afterEach, describe, expect, test } from 'vitest'
import { cache } from '@/shared/api/cache'
import { meQuery } from '@/shared/api/me'
import type { JunkReason, Me, Message } from '@/shared/api/types'
import { speak } from '@/shared/i18n'
import { WhyJunk } from './WhyJunk'

const me = { mailboxes: [{ folders: [{ id: 'in', role: 'inbox' }, { id: 'junk', role: 'junk' }] }] } as unknown as Me

async function shown(folder: string, reasons: JunkReason[]): Promise<HTMLElement> {
  cache.setQueryData(meQuery.queryKey, me)
  const message = { folder_ids: [folder], outgoing: false, junk_reasons: reasons } as unknown as Message
  return render(
    <QueryClientProvider client={cache}>
      <WhyJunk message={message} />
    </QueryClientProvider>,
  )
}

afterEach(cleanup)

describe('WhyJunk', () => {
  test.each([
    ['en', 'Why is this junk?', 'hidden text'],
    ['zh-CN', '为什么是垃圾邮件？', '隐藏文字'],
  ] as const)('answers when it is asked, in %s', async (language, question, trick) => {
    await speak(language)
    const page = await shown('junk', [{ kind: 'words', examples: ['代开发票'] }, { kind: 'form', examples: ['hidden text'] }])
    const button = page.querySelector('button')
    expect(button?.textContent).toBe(question)
    expect(page.textContent).not.toContain('代开发票')
    act(() => button?.click())
    expect(page.textContent).toContain('代开发票')
    expect(page.textContent).toContain(trick)
  })

  test('says so when a person moved it', async () => {
    await speak('en')
    const page = await shown('junk', [])
    act(() => page.querySelector('button')?.click())
    expect(page.textContent).toContain('Somebody moved it here.')
  })

  test('is quiet elsewhere', async () => {
    expect((await shown('in', [])).textContent).toBe('')
  })
})
