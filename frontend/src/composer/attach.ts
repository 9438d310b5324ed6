import { address, upload } from '@/shared/api/client'
import { kindOf, Problem } from '@/shared/api/problem'
import type { Attachment } from '@/shared/api/types'
import { t } from '@/shared/i18n'
import { complain } from '@/shared/widgets/undo'
import type { Upload } from './data'
import { changeLetter, composerOf, type Attached } from './store'

const running = new Map<string, AbortController>()
let next = 1

/** Sends files to the server while the letter is being written; each shows how far it is. */
export function attachFiles(composerKey: string, files: Iterable<File>): void {
  for (const file of files) void attachOne(composerKey, file)
}

async function attachOne(composerKey: string, file: File): Promise<void> {
  const key = `f${next++}`
  const attached: Attached = { key, id: null, name: file.name, size: file.size, type: file.type, share: 0, failed: false }
  changeLetter(composerKey, (letter) => ({ attachments: [...letter.attachments, attached] }))
  const change = (wanted: Partial<Attached>) =>
    changeLetter(composerKey, (letter) => ({
      attachments: letter.attachments.map((each) => (each.key === key ? { ...each, ...wanted } : each)),
    }))
  const abort = new AbortController()
  running.set(key, abort)
  let drawn = 0
  try {
    const done = await upload<Upload>(
      file,
      (share) => {
        if (performance.now() - drawn < 80) return
        drawn = performance.now()
        change({ share: Math.min(share, 0.99) })
      },
      abort.signal,
    )
    change({ id: done.id, share: 1, size: done.size })
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') return
    change({ failed: true })
    complain(t('composer.uploadFailed', { name: file.name }), () => {
      detach(composerKey, key)
      if (composerOf(composerKey)) attachFiles(composerKey, [file])
    })
  } finally {
    running.delete(key)
  }
}

export function detach(composerKey: string, key: string): void {
  running.get(key)?.abort()
  changeLetter(composerKey, (letter) => ({ attachments: letter.attachments.filter((each) => each.key !== key) }))
}

/** Attaches the files of a message that is forwarded. */
export async function carryFiles(composerKey: string, files: readonly Attachment[]): Promise<void> {
  for (const { name, type, url } of files) {
    try {
      const response = await fetch(url, { credentials: 'same-origin' })
      if (!response.ok) throw new Problem(kindOf(response.status), response.status, '')
      await attachOne(composerKey, new File([await response.blob()], name, { type }))
    } catch {
      complain(t('composer.uploadFailed', { name }), () => void carryFiles(composerKey, files.filter((file) => file.name === name)))
    }
  }
}

const INLINE_MOST = 8 * 1024 * 1024

/** The server knows an image of the text by its upload; the editor shows it from here. */
const shownAs = new Map<string, string>()

export function isInlineImage(file: File): boolean {
  return /^image\/(png|jpeg|gif|webp)$/.test(file.type) && file.size <= INLINE_MOST
}

/** Uploads a pasted or chosen image and gives the source to show it by. */
export async function placeImage(file: File): Promise<string | null> {
  try {
    const { id } = await upload<Upload>(file, () => undefined, new AbortController().signal)
    const source = URL.createObjectURL(file)
    shownAs.set(source, id)
    return source
  } catch {
    complain(t('composer.uploadFailed', { name: file.name }))
    return null
  }
}

/** The letter as it is kept and sent: images by the id of their upload. */
export function withCids(html: string): string {
  return html.replace(/(<img[^>]*\ssrc=")([^"]+)"/g, (whole, start: string, source: string) => {
    const id = shownAs.get(source) ?? UPLOADED.exec(source)?.[1]
    return id ? `${start}cid:${id}"` : whole
  })
}

const UPLOADED = new RegExp(`${address('/uploads/')}([\\w-]+)$`)

/** A kept letter as the editor can show it. */
export function withSources(html: string): string {
  return html.replace(/(<img[^>]*\ssrc=")cid:([\w-]+)"/g, (_, start: string, id: string) => `${start}${address(`/uploads/${id}`)}"`)
}
