export interface Parts {
  /** What this message says. */
  fresh: string
  /** What it repeats of earlier ones; empty when nothing. */
  quoted: string
}

/** Blocks by which mail programs begin what they quote: ours, Gmail, Thunderbird, Outlook (desktop, web), Apple, QQ, 163, Foxmail, Yahoo, Zoho, Proton. */
const QUOTES = [
  '.posthouse_quote',
  '.gmail_quote',
  '.gmail_extra',
  '.moz-cite-prefix',
  'blockquote[type="cite"]',
  '#divRplyFwdMsg',
  '#appendonsend',
  '#OLK_SRC_BODY_SECTION',
  '.yahoo_quoted',
  '.zmail_extra',
  '.protonmail_quote',
  '#isReplyContent',
  '.ntes-mailmaster-quote',
  '.foxmail_quote',
  '.qmbox',
].join(',')

const SIGNATURES = '.gmail_signature, .moz-signature, .posthouse_signature, #Signature, #signature, .foxmail_signature, .ntes-mailmaster-signature'

/** Divides a message's HTML before the first quote, when something stands before it. */
export function divideHtml(html: string): Parts {
  const page = new DOMParser().parseFromString(html, 'text/html')
  for (const signature of page.querySelectorAll(SIGNATURES)) signature.setAttribute('data-dimmed', '')
  const start = page.querySelector(QUOTES) ?? outlookHead(page.body) ?? wordsHead(page.body)
  if (!start || !saysSomething(page.body, start)) return { fresh: page.body.innerHTML, quoted: '' }
  const range = page.createRange()
  range.setStartBefore(start)
  range.setEndAfter(page.body.lastChild ?? start)
  const shell = page.createElement('div')
  shell.append(range.extractContents())
  return { fresh: page.body.innerHTML, quoted: shell.innerHTML }
}

/** Desktop Outlook draws a line above the head of what it quotes. */
function outlookHead(body: HTMLElement): Element | null {
  for (const block of body.querySelectorAll<HTMLElement>('div[style*="border-top"]')) {
    if (/^(?:from|von|de|发件人|寄件者)\s*[:：]/i.test((block.textContent ?? '').trim())) return block
  }
  return null
}

const HEADS = /^(?:-{2,}\s*(?:original message|原始邮件|ursprüngliche nachricht|forwarded message|转发邮件信息|回复的原邮件)\s*-{0,}|在 ?.{4,80}写道[:：]|on .{6,120} wrote:|am .{6,120} schrieb .{2,80}:|le .{6,120} a écrit ?:)\s*$/i

/** Programs that only write words: "------ 原始邮件 ------", "On … wrote:". */
function wordsHead(body: HTMLElement): Element | null {
  for (const block of body.querySelectorAll('div, p')) {
    if (block.childElementCount <= 2 && HEADS.test((block.textContent ?? '').trim())) return block
  }
  return null
}

function saysSomething(body: HTMLElement, quote: Element): boolean {
  const range = body.ownerDocument.createRange()
  range.setStart(body, 0)
  range.setEndBefore(quote)
  return range.toString().trim() !== '' || range.cloneContents().querySelector('img') !== null
}

/** The same for plain text: the trailing block of `>` lines, or everything after a head. */
export function divideText(text: string): Parts {
  const lines = text.split(/\r?\n/)
  const head = lines.findIndex((line, i) => i > 0 && HEADS.test(line.trim()))
  let first = head
  if (first < 0) {
    let at = lines.length
    while (at > 0 && /^(>.*|\s*)$/.test(lines[at - 1] ?? '')) at -= 1
    if (lines.slice(at).some((line) => line.startsWith('>'))) first = at
  }
  if (first <= 0) return { fresh: text, quoted: '' }
  const fresh = lines.slice(0, first).join('\n')
  return fresh.trim() ? { fresh: fresh.trimEnd(), quoted: lines.slice(first).join('\n').trim() } : { fresh: text, quoted: '' }
}
