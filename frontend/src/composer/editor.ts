import Image from '@tiptap/extension-image'
import { TableKit } from '@tiptap/extension-table'
import { Placeholder } from '@tiptap/extensions'
import type { Extensions } from '@tiptap/core'
import StarterKit from '@tiptap/starter-kit'

/** What can be written: the marks and blocks that every mail program shows, tables as they come from a spreadsheet, inline images. */
export function extensions(placeholder: string): Extensions {
  return [
    StarterKit.configure({
      heading: { levels: [2, 3] },
      codeBlock: false,
      horizontalRule: false,
      link: { openOnClick: false, autolink: true, defaultProtocol: 'https', protocols: ['mailto', 'tel'] },
    }),
    Image.configure({ inline: true }),
    TableKit.configure({ table: { resizable: false } }),
    Placeholder.configure({ placeholder }),
  ]
}

/** An editor that was never written in holds one empty paragraph, which is nothing. */
export function cleanHtml(html: string): string {
  return html === '<p></p>' ? '' : html
}
