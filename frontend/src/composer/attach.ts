import { upload } from '@/shared/api/client'
import { t } from '@/shared/i18n'
import { complain } from '@/shared/widgets/undo'
import { changeLetter, composerOf, type Attached } from './store'

interface Uploaded {
  id: string
  name: string
  type: string
  size: number
  url?: string
}

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
    const done = await upload<Uploaded>(
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

const INLINE_MOST = 8 * 1024 * 1024

/** A pasted or dropped image as the letter holds it until it is sent; the server makes it an inline part. */
export function readImage(file: File): Promise<string> | null {
  if (!/^image\/(png|jpeg|gif|webp)$/.test(file.type) || file.size > INLINE_MOST) return null
  return new Promise((resolve, reject) => {
    const reader = new FileReader()
    reader.onload = () => resolve(reader.result as string)
    reader.onerror = () => reject(new Error(file.name))
    reader.readAsDataURL(file)
  })
}
