import { useQuery } from '@tanstack/react-query'
import { IconDownload } from '@tabler/icons-react'
import { asProblem, kindOf, Problem } from '@/shared/api/problem'
import type { Attachment } from '@/shared/api/types'
import { t } from '@/shared/i18n'
import { fileSize } from '@/shared/i18n/format'
import { Dialog } from '@/shared/widgets/Dialog'
import { Bone, Trouble, Waiting } from '@/shared/widgets/States'
import styles from './Preview.module.css'

const PICTURES = /^image\/(png|jpeg|gif|webp|bmp)$/
const TEXTS = /^(text\/|application\/(json|xml|x-yaml|toml|sql)\b)/
const TEXT_NAMES = /\.(txt|md|csv|tsv|log|json|xml|ya?ml|toml|ini|sql|html?|eml|ics|vcf)$/i
/** More is for a program of its own. */
const MOST_TEXT = 2_000_000

/** How a file can be looked at here: as a picture, or as the characters it consists of. Nothing in it is ever run. */
export function previewOf(file: Attachment): 'picture' | 'text' | null {
  if (PICTURES.test(file.type)) return 'picture'
  return file.size <= MOST_TEXT && (TEXTS.test(file.type) || TEXT_NAMES.test(file.name)) ? 'text' : null
}

export function Preview({ file, onClose }: { file: Attachment; onClose: () => void }) {
  return (
    <Dialog open onClose={onClose} title={file.name} large>
      <div className={styles.inside}>
        {previewOf(file) === 'picture' ? <img className={styles.picture} src={file.url} alt={file.name} /> : <Text file={file} />}
      </div>
      <footer className={styles.foot}>
        <span className={styles.size}>{fileSize(file.size)}</span>
        <a className={styles.get} href={file.url} download={file.name}>
          <IconDownload size={16} stroke={1.75} aria-hidden />
          {t('inbox.save')}
        </a>
      </footer>
    </Dialog>
  )
}

function Text({ file }: { file: Attachment }) {
  const query = useQuery({ queryKey: ['file', file.url], queryFn: ({ signal }) => readText(file.url, signal), gcTime: 60_000 })
  if (query.isPending) {
    return (
      <Waiting>
        <Bone width="60%" />
      </Waiting>
    )
  }
  if (query.isError) return <Trouble what={t('inbox.previewFailed')} error={asProblem(query.error)} onRetry={() => void query.refetch()} />
  return (
    // What is longer than the window must be scrolled by keys too.
    // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex
    <pre className={styles.text} tabIndex={0}>
      {query.data}
    </pre>
  )
}

async function readText(url: string, signal: AbortSignal): Promise<string> {
  const response = await fetch(url, { signal, credentials: 'same-origin' })
  if (!response.ok) throw new Problem(kindOf(response.status), response.status, '')
  return decode(await response.arrayBuffer())
}

/** UTF-8 and UTF-16 as they say; what is neither was written in China more often than not. */
export function decode(bytes: ArrayBuffer): string {
  const [first, second] = new Uint8Array(bytes, 0, Math.min(2, bytes.byteLength))
  if (first === 0xff && second === 0xfe) return new TextDecoder('utf-16le').decode(bytes)
  if (first === 0xfe && second === 0xff) return new TextDecoder('utf-16be').decode(bytes)
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    return new TextDecoder('gb18030').decode(bytes)
  }
}
