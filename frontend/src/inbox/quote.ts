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
  const whole = page.body.innerHTML
  if (!start) return { fresh: whole, quoted: '' }
  const quoted = cutFrom(start, page.body)
  const said = page.body.textContent.trim() !== '' || page.body.querySelector('img') !== null
  if (!said || answersBetween(quoted)) return { fresh: whole, quoted: '' }
  return { fresh: page.body.innerHTML, quoted: quoted.innerHTML }
}

/** Takes out `start` and everything that follows it, at every level up to the body. */
function cutFrom(start: Element, body: HTMLElement): HTMLElement {
  const shell = body.ownerDocument.createElement('div')
  const following = (node: Node | null) => {
    while (node) {
      const next: Node | null = node.nextSibling
      shell.append(node)
      node = next
    }
  }
  let parent = start.parentElement
  let after = start.nextSibling
  shell.append(start)
  following(after)
  while (parent && parent !== body) {
    after = parent.nextSibling
    parent = parent.parentElement
    following(after)
  }
  return shell
}

/** Words between or after the quoted lines are an answer: they must not be folded away. */
function answersBetween(quoted: HTMLElement): boolean {
  const first = quoted.querySelector('blockquote')
  if (!first) return false
  const walker = quoted.ownerDocument.createTreeWalker(quoted, SHOW_TEXT)
  walker.currentNode = lastWithin(first)
  while (walker.nextNode()) {
    const text = walker.currentNode
    if ((text.nodeValue ?? '').trim() !== '' && text.parentElement?.closest('blockquote') == null) return true
  }
  return false
}

const SHOW_TEXT = 4

function lastWithin(node: Node): Node {
  let last = node
  while (last.lastChild) last = last.lastChild
  return last
}

/** Desktop Outlook draws a line above the head of what it quotes. */
function outlookHead(body: HTMLElement): Element | null {
  for (const block of body.querySelectorAll<HTMLElement>('div[style*="border-top"]')) {
    if (/^(?:from|von|de|发件人|寄件者)\s*[:：]/i.test(block.textContent.trim())) return block
  }
  return null
}

const HEADS = /^(?:-{2,}\s*(?:original message|原始邮件|ursprüngliche nachricht|forwarded message|转发邮件信息|回复的原邮件)\s*-{0,}|在 ?.{4,80}写道[:：]|on .{6,120} wrote:|am .{6,120} schrieb .{2,80}:|le .{6,120} a écrit ?:)\s*$/i

/** Programs that only write words: "------ 原始邮件 ------", "On … wrote:". */
function wordsHead(body: HTMLElement): Element | null {
  for (const block of body.querySelectorAll('div, p')) {
    if (block.childElementCount <= 2 && HEADS.test(block.textContent.trim())) return block
  }
  return null
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
