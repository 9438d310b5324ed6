import type { Icon } from '@tabler/icons-react'
import { IconDownload, IconFile, IconFileSpreadsheet, IconFileText, IconFileTypePdf, IconFileZip, IconMail, IconPhoto } from '@tabler/icons-react'
import { createElement } from 'react'
import type { Attachment } from '@/shared/api/types'
import { t } from '@/shared/i18n'
import { fileSize } from '@/shared/i18n/format'
import { FileName } from '@/shared/widgets/FileName'
import styles from './FileCards.module.css'

const KINDS: readonly [RegExp, Icon][] = [
  [/\.pdf$/i, IconFileTypePdf],
  [/\.(xlsx?|csv|et)$/i, IconFileSpreadsheet],
  [/\.(docx?|wps|rtf|txt|md)$/i, IconFileText],
  [/\.(png|jpe?g|gif|webp|heic|bmp|tiff?|svg)$/i, IconPhoto],
  [/\.(zip|rar|7z|tar|gz)$/i, IconFileZip],
  [/\.(eml|msg)$/i, IconMail],
]

export function FileIcon({ name, size }: { name: string; size: number }) {
  const kind = KINDS.find(([pattern]) => pattern.test(name))?.[1] ?? IconFile
  return createElement(kind, { size, stroke: 1.5, 'aria-hidden': true, className: styles.kind })
}

export function FileCards({ files }: { files: readonly Attachment[] }) {
  if (files.length === 0) return null
  return (
    <ul className={styles.cards} aria-label={t('inbox.files', { count: files.length })}>
      {files.map((file) => (
        <FileCard key={file.id} file={file} />
      ))}
    </ul>
  )
}

function FileCard({ file }: { file: Attachment }) {
  return (
    <li className={styles.item}>
      <a className={styles.card} href={file.url} download={file.name} title={file.name}>
        <FileIcon name={file.name} size={22} />
        {/* The name is drawn in parts; it is read as one. */}
        <span className="hidden-visually">{t('inbox.download', { name: file.name })}</span>
        <span className={styles.words} aria-hidden>
          <FileName name={file.name} className={styles.name} />
          <span className={styles.size}>{fileSize(file.size)}</span>
        </span>
        <IconDownload size={16} stroke={1.75} aria-hidden className={styles.get} />
      </a>
    </li>
  )
}
