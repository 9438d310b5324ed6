import inter from '@fontsource-variable/inter/files/inter-latin-wght-normal.woff2?url'
import { escape } from '@/composer/reply'

/** Nothing runs and nothing is fetched but what our own server passes on. */
const POLICY = "default-src 'none'; img-src 'self' data:; style-src 'unsafe-inline'; font-src 'self'"

const STYLE = `
@font-face{font-family:Inter;font-weight:100 900;font-display:swap;src:url('${inter}') format('woff2')}
html{color-scheme:light;overflow-x:auto;overflow-y:hidden}
html[data-dark]{color-scheme:dark}
body{margin:0;padding:1px 0;color:#1f1c16;font:14px/1.6 Inter,'PingFang SC','Microsoft YaHei','Noto Sans CJK SC',sans-serif;overflow-wrap:break-word;word-break:normal}
html[data-dark] body{color:#ece8e0}
html[data-dark=paper]{color-scheme:light}html[data-dark=paper] body{color:#1f1c16;background:#faf8f5;padding:12px}
a{color:#0a6c43}html[data-dark=ink] a{color:#4fd197}
img{max-width:100%;height:auto}
img[width][height]{height:auto}
pre,.plain{white-space:pre-wrap;font:inherit;margin:0}
table{max-width:100%}
blockquote{margin:8px 0;padding:0 0 0 12px;border-left:2px solid #d2cbbf}
html[data-dark=ink] blockquote{border-color:#403c35}
[data-dimmed]{opacity:.62}
p:first-child{margin-top:0}p:last-child{margin-bottom:0}
@media print{html,body{color:#000!important;background:#fff!important}}
`

/** The page inside the frame: the server has cleaned the mail, this forbids whatever might have slipped through. */
export function framePage(body: string): string {
  return `<!doctype html><html><head><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="${POLICY}"><meta name="referrer" content="no-referrer"><base target="_blank"><style>${STYLE}</style></head><body>${body}</body></html>`
}

// What turns letters around ends a link: it must say where it goes.
const LINK = /\b(?:https?:\/\/|www\.)[^\s<>"'，。；、）】」\u200b-\u200f\u202a-\u202e\u2066-\u2069]+[^\s<>"'，。；、）】」.,;:!?)\]\u200b-\u200f\u202a-\u202e\u2066-\u2069]/gi

/** Plain text with its links to press and its signature dimmed (`-- ` on a line of its own, RFC 3676 4.3). */
export function textPage(text: string): string {
  const [said, ...signature] = text.split(/\n-- \n/)
  const dimmed = signature.length > 0 ? `\n<span data-dimmed>${linked(signature.join('\n-- \n'))}</span>` : ''
  return `<div class="plain">${linked(said ?? '')}${dimmed}</div>`
}

function linked(text: string): string {
  return escape(text).replace(LINK, (found) => {
    const href = found.startsWith('www.') ? `https://${found}` : found
    return `<a href="${href}" rel="noopener noreferrer">${found}</a>`
  })
}
