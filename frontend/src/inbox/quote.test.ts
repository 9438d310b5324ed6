import { describe, expect, test } from 'vitest'
import { divideHtml, divideText } from './quote'

const QUOTES: [string, string][] = [
  ['Gmail', '<div dir="ltr">Yes.</div><div class="gmail_quote">On Fri, Lin wrote:<blockquote>Old</blockquote></div>'],
  ['Thunderbird', '<p>Yes.</p><div class="moz-cite-prefix">Am 20.11. schrieb Lin:</div><blockquote type="cite">Old</blockquote>'],
  ['Outlook on the desktop', '<p>Yes.</p><div><div style="border:none;border-top:solid #E1E1E1 1.0pt;padding:3.0pt 0cm 0cm 0cm"><p><b>Von:</b> Lin</p></div></div><p>Old</p>'],
  ['Outlook on the web', '<div>Yes.</div><div id="divRplyFwdMsg">From: Lin</div><div>Old</div>'],
  ['QQ', '<div>Yes.</div><div>------------------ 原始邮件 ------------------</div><div>Old</div>'],
  ['Foxmail', '<div>Yes.</div><div class="foxmail_quote"><div>发件人：林</div><blockquote>Old</blockquote></div>'],
  ['words in Chinese', '<div>Yes.</div><div>在 2026年11月20日 10:00，林晓岚 写道：</div><blockquote>Old</blockquote>'],
]

describe('divideHtml', () => {
  test.each(QUOTES)('%s', (_, html) => {
    const { fresh, quoted } = divideHtml(html)
    expect(fresh).toContain('Yes.')
    expect(fresh).not.toContain('Old')
    expect(quoted).toContain('Old')
  })

  test('a mail that is only a quote is shown', () => {
    expect(divideHtml('<div class="gmail_quote">Old</div>')).toEqual({ fresh: '<div class="gmail_quote">Old</div>', quoted: '' })
  })

  test('answers between the quoted lines are not folded away', () => {
    for (const html of [
      '<p>See below.</p><blockquote type="cite">Q1</blockquote><p>A1</p><blockquote type="cite">Q2</blockquote>',
      '<div>See below.</div><div class="gmail_quote"><div>On Fri, Lin wrote:</div><blockquote>Q1</blockquote><div>A1</div></div>',
    ]) {
      expect(divideHtml(html).fresh).toContain('A1')
    }
  })

  test('signatures are dimmed', () => {
    expect(divideHtml('<p>Yes.</p><div class="gmail_signature">Lin</div>').fresh).toContain('data-dimmed')
  })
})

describe('divideText', () => {
  test('trailing quoted lines and the head above them', () => {
    expect(divideText('Yes.\n\nOn Friday Lin wrote:\n> Old\n> Older')).toEqual({ fresh: 'Yes.', quoted: 'On Friday Lin wrote:\n> Old\n> Older' })
  })

  test('quotes in between are kept', () => {
    const text = '> Q1\nA1\n> Q2\nA2'
    expect(divideText(text)).toEqual({ fresh: text, quoted: '' })
  })

  test('is linear on hostile input', () => {
    const start = performance.now()
    divideText('>\n'.repeat(100_000))
    divideText('on '.repeat(100_000))
    expect(performance.now() - start).toBeLessThan(2_000)
  })
})
