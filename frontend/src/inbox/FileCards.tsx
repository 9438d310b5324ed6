import type { Icon } from '@tabler/icons-react'
import { IconDownload, IconEye, IconFile, IconFileSpreadsheet, IconFileText, IconFileTypePdf, IconFileZip, IconMail, IconPhoto } from '@tabler/icons-react'
import { createElement, useState } from 'react'
import type { Attachment } from '@/shared/api/types'
import { t } from '@/shared/i18n'
import { fileSize } from '@/shared/i18n/format'
import { useActs } from '@/shared/keys/dispatch'
import { IconButton } from '@/shared/widgets/Button'
import { FileName } from '@/shared/widgets/FileName'
import { Preview, previewOf } from './Preview'
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
  // What Space means: the card that has the focus, or lies under the pointer.
  const [near, setNear] = useState<Attachment | null>(null)
  const [seen, setSeen] = useState<Attachment | null>(null)
  useActs({ 'thread.preview': near && previewOf(near) ? () => setSeen(near) : undefined })
  if (files.length === 0) return null
  return (
    <ul className={styles.cards} aria-label={t('inbox.files', { count: files.length })}>
      {files.map((file) => (
        <FileCard key={file.id} file={file} onNear={(near) => setNear(near ? file : null)} onLook={() => setSeen(file)} />
      ))}
      {seen ? <Preview file={seen} onClose={() => setSeen(null)} /> : null}
    </ul>
  )
}

interface CardProps {
  file: Attachment
  onNear: (near: boolean) => void
  onLook: () => void
}

function FileCard({ file, onNear, onLook }: CardProps) {
  return (
    <li className={styles.item} onFocus={() => onNear(true)} onBlur={() => onNear(false)} onPointerEnter={() => onNear(true)} onPointerLeave={() => onNear(false)}>
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
      {previewOf(file) ? (
        <IconButton icon={IconEye} size={16} label={t('inbox.preview', { name: file.name })} keys="space" className={styles.look} onClick={onLook} />
      ) : null}
    </li>
  )
}
