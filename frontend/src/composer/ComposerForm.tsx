import { EditorContent, useEditor, useEditorState, type Editor } from '@tiptap/react'
import {
  IconBold,
  IconClock,
  IconDots,
  IconItalic,
  IconLink,
  IconList,
  IconListNumbers,
  IconPaperclip,
  IconPhoto,
  IconQuote,
  IconTrash,
  IconUnderline,
  IconX,
} from '@tabler/icons-react'
import { useRef, useState, type DragEvent, type MouseEvent } from 'react'
import { useMe } from '@/shared/api/me'
import { t, type Key } from '@/shared/i18n'
import { fileSize } from '@/shared/i18n/format'
import { handleKey, useActs } from '@/shared/keys/dispatch'
import { acts } from '@/shared/keys/table'
import { Button, IconButton } from '@/shared/widgets/Button'
import { Select } from '@/shared/widgets/Field'
import { FileName } from '@/shared/widgets/FileName'
import { FileIcon } from '@/inbox/FileCards'
import { MailFrame } from '@/inbox/MailFrame'
import { attachFiles, detach, isInlineImage, placeImage } from './attach'
import { announcesAttachment, isAddress } from './addresses'
import { Ask, type Question } from './Ask'
import { cleanHtml, extensions } from './editor'
import { LaterMenu } from './LaterMenu'
import { Recipients } from './Recipients'
import { discard, keepMine, putAside, sendLetter } from './sending'
import { changeLetter, composerOf, useComposers, type Composer, type Letter } from './store'
import styles from './ComposerForm.module.css'

/** The letter itself: recipients, subject, text, quote, files, and what to do with it. */
export function ComposerForm({ composerKey }: { composerKey: string }) {
  const composer = useComposers((state) => state.open.find((each) => each.key === composerKey))
  return composer ? <Form composer={composer} /> : null
}

function Form({ composer }: { composer: Composer }) {
  const { key, letter, mode } = composer
  const [question, setQuestion] = useState<Question | null>(null)
  const [dropping, setDropping] = useState(false)
  const files = useRef<HTMLInputElement>(null)
  const editor = useLetterEditor(composer)
  const change = (wanted: Partial<Letter>) => changeLetter(key, wanted)

  const trySend = (sendAt: string | null, sure = false) => {
    const now = composerOf(key)
    if (!now) return
    const asked = sure ? null : questionFor(now.letter, sendAt)
    if (asked) setQuestion(asked)
    else void sendLetter(key, sendAt)
  }
  const [later, setLater] = useState(false)
  useActs(
    {
    'write.send': () => trySend(null),
    'write.later': () => setLater(true),
    'write.attach': () => files.current?.click(),
    'write.close': () => void putAside(key),
    'write.discard': () => void discard(key),
  },
    key,
  )

  const onDrop = (event: DragEvent) => {
    if (event.dataTransfer.files.length === 0) return
    event.preventDefault()
    setDropping(false)
    attachFiles(key, event.dataTransfer.files)
  }

  return (
    <div
      className={styles.form}
      data-dropping={dropping ? '' : undefined}
      onDragOver={(event) => {
        if (!event.dataTransfer.types.includes('Files')) return
        event.preventDefault()
        setDropping(true)
      }}
      onDragLeave={() => setDropping(false)}
      onDrop={onDrop}
    >
      <Heads letter={letter} change={change} focusTo={mode === 'new' || mode === 'forward'} showSubject={composer.frame === 'window'} />
      <div className={styles.scroll}>
        <EditorContent editor={editor} className={styles.text} />
        {letter.quote ? <Quote html={letter.quote} onDrop={() => change({ quote: '' })} /> : null}
        <Files composer={composer} />
      </div>
      <footer className={styles.foot}>
        <div className={styles.send}>
          <Button look="main" icon={acts['write.send'].icon} onClick={() => trySend(null)} title={t('act.write.send')}>
            {t('composer.send')}
          </Button>
          <LaterMenu open={later} onOpenChange={setLater} onChoose={(at) => trySend(at)}>
            <IconButton icon={IconClock} label={t('act.write.later')} keys={acts['write.later'].keys[0]} />
          </LaterMenu>
        </div>
        <Toolbar editor={editor} onAttach={() => files.current?.click()} />
        <span className={styles.saved} role="status">
          {composer.saved === 'empty' ? null : t(`saved.${composer.saved}`)}
        </span>
        {composer.saved === 'conflict' ? (
          <Button look="quiet" onClick={() => void keepMine(key)}>
            {t('composer.keepMine')}
          </Button>
        ) : null}
        <IconButton icon={IconTrash} label={t('act.write.discard')} keys={acts['write.discard'].keys[0]} onClick={() => void discard(key)} />
      </footer>
      <input
        ref={files}
        type="file"
        multiple
        hidden
        onChange={(event) => {
          attachFiles(key, event.target.files ?? [])
          event.target.value = ''
        }}
      />
      <Ask
        question={question}
        onNo={() => setQuestion(null)}
        onYes={() => {
          setQuestion(null)
          if (question) trySend(question.sendAt, true)
        }}
      />
    </div>
  )
}

/** What should be said before it leaves; null when all is well. */
function questionFor(letter: Letter, sendAt: string | null): Question | null {
  const all = [...letter.to, ...letter.cc, ...letter.bcc]
  const wrong = all.find((person) => !isAddress(person.address))
  if (all.length === 0) return { stop: true, title: t('ask.nobody'), words: t('ask.nobodyWhy'), sendAt }
  if (wrong) return { stop: true, title: t('ask.wrong', { address: wrong.address }), words: t('ask.wrongWhy'), sendAt }
  if (letter.attachments.some((file) => !file.id)) return { stop: true, title: t('ask.uploading'), words: t('ask.uploadingWhy'), sendAt }
  if (letter.attachments.length === 0 && announcesAttachment(letter.html)) {
    return { stop: false, title: t('ask.attachment'), words: t('ask.attachmentWhy'), sendAt }
  }
  if (!letter.subject.trim()) return { stop: false, title: t('ask.subject'), words: t('ask.subjectWhy'), sendAt }
  return null
}

function useLetterEditor(composer: Composer): Editor | null {
  const { key } = composer
  const me = useMe()
  const start = composer.letter.html || startWith(me.signature)
  return useEditor(
    {
      extensions: extensions(t('composer.placeholder')),
      content: start,
      autofocus: composer.mode === 'reply' || composer.mode === 'replyAll' ? 'start' : false,
      editorProps: {
        attributes: { 'aria-label': t('composer.body'), role: 'textbox', 'aria-multiline': 'true' },
        // The editor would take Ctrl+Enter for a line break.
        handleKeyDown: (_, event) => {
          handleKey(event)
          return event.defaultPrevented
        },
        handlePaste: (view, event) => {
          const images = [...(event.clipboardData?.files ?? [])].filter(isInlineImage)
          if (images.length === 0 || event.clipboardData?.getData('text/html')) return false
          void Promise.all(images.map(placeImage)).then((sources) => {
            const image = view.state.schema.nodes.image
            for (const src of sources) if (image && src) view.dispatch(view.state.tr.replaceSelectionWith(image.create({ src })))
          })
          return true
        },
      },
      onUpdate: ({ editor }) => changeLetter(key, { html: cleanHtml(editor.getHTML()) }),
    },
    [key],
  )
}

function startWith(signature: string): string {
  return signature ? `<p></p><p></p>${signature}` : ''
}

interface HeadsProps {
  letter: Letter
  change: (wanted: Partial<Letter>) => void
  focusTo: boolean
  showSubject: boolean
}

function Heads({ letter, change, focusTo, showSubject }: HeadsProps) {
  const me = useMe()
  const [more, setMore] = useState(letter.cc.length > 0 || letter.bcc.length > 0)
  const from = letter.from || me.address
  const senders = me.mailboxes
    .filter((mailbox) => mailbox.may_send)
    .flatMap((mailbox) => [mailbox.address, ...mailbox.aliases].map((value) => ({ value, label: `${mailbox.name} · ${value}` })))
  return (
    <div className={styles.heads}>
      {senders.length > 1 ? (
        <div className={styles.from}>
          <span className={styles.label}>{t('mail.from')}</span>
          <Select
            label={t('mail.from')}
            value={from}
            choices={senders}
            onChange={(address) => change({ from: address })}
          />
        </div>
      ) : null}
      <Recipients label={t('mail.to')} people={letter.to} onChange={(to) => change({ to })} autoFocus={focusTo && letter.to.length === 0}>
        {more ? null : (
          <button type="button" className={styles.more} onClick={() => setMore(true)}>
            {t('composer.ccBcc')}
          </button>
        )}
      </Recipients>
      {more ? (
        <>
          <Recipients label={t('mail.cc')} people={letter.cc} onChange={(cc) => change({ cc })} />
          <Recipients label={t('mail.bcc')} people={letter.bcc} onChange={(bcc) => change({ bcc })} />
        </>
      ) : null}
      {showSubject ? (
        <input
          className={styles.subject}
          aria-label={t('mail.subject')}
          placeholder={t('mail.subject')}
          value={letter.subject}
          onChange={(event) => change({ subject: event.target.value })}
        />
      ) : null}
    </div>
  )
}

function Quote({ html, onDrop }: { html: string; onDrop: () => void }) {
  const [open, setOpen] = useState(false)
  return (
    <div className={styles.quote}>
      <div className={styles.quoteBar}>
        <button type="button" className={styles.fold} aria-expanded={open} onClick={() => setOpen(!open)}>
          <IconDots size={16} aria-hidden />
          <span className="hidden-visually">{t(open ? 'inbox.hideQuote' : 'inbox.showQuote')}</span>
        </button>
        {open ? <IconButton icon={IconX} size={14} label={t('composer.dropQuote')} onClick={onDrop} /> : null}
      </div>
      {open ? <MailFrame html={html} title={t('composer.quoted')} /> : null}
    </div>
  )
}

function Files({ composer }: { composer: Composer }) {
  const { attachments } = composer.letter
  if (attachments.length === 0) return null
  return (
    <ul className={styles.files} aria-label={t('inbox.files', { count: attachments.length })}>
      {attachments.map((file) => (
        <li key={file.key} className={styles.file} data-failed={file.failed ? '' : undefined} title={file.name}>
          <FileIcon name={file.name} size={18} />
          <FileName name={file.name} className={styles.fileName} />
          <span className={styles.fileSize}>
            {file.failed ? t('composer.notUploaded') : file.share < 1 ? `${Math.round(file.share * 100)} %` : fileSize(file.size)}
          </span>
          <button type="button" className={styles.detach} aria-label={t('composer.remove', { name: file.name })} onClick={() => detach(composer.key, file.key)}>
            <IconX size={14} aria-hidden />
          </button>
          {file.share < 1 && !file.failed ? <progress className={styles.progress} value={file.share} aria-label={file.name} /> : null}
        </li>
      ))}
    </ul>
  )
}

interface Tool {
  key: Key
  icon: typeof IconBold
  active: string
  run: (editor: Editor) => void
}

const TOOLS: readonly Tool[] = [
  { key: 'format.bold', icon: IconBold, active: 'bold', run: (editor) => editor.chain().focus().toggleBold().run() },
  { key: 'format.italic', icon: IconItalic, active: 'italic', run: (editor) => editor.chain().focus().toggleItalic().run() },
  { key: 'format.underline', icon: IconUnderline, active: 'underline', run: (editor) => editor.chain().focus().toggleUnderline().run() },
  { key: 'format.bullets', icon: IconList, active: 'bulletList', run: (editor) => editor.chain().focus().toggleBulletList().run() },
  { key: 'format.numbers', icon: IconListNumbers, active: 'orderedList', run: (editor) => editor.chain().focus().toggleOrderedList().run() },
  { key: 'format.quote', icon: IconQuote, active: 'blockquote', run: (editor) => editor.chain().focus().toggleBlockquote().run() },
]

/** The text keeps the focus, and with it the next letter that is typed. */
function keepFocus(event: MouseEvent): void {
  event.preventDefault()
}

function Toolbar({ editor, onAttach }: { editor: Editor | null; onAttach: () => void }) {
  const image = useRef<HTMLInputElement>(null)
  const [linking, setLinking] = useState(false)
  const active = useEditorState({
    editor,
    selector: ({ editor: now }) => (now ? TOOLS.filter((tool) => now.isActive(tool.active)).map((tool) => tool.key) : []),
  })
  const insert = async (file: File | undefined) => {
    const src = file && isInlineImage(file) ? await placeImage(file) : null
    if (src) editor?.chain().focus().setImage({ src }).run()
  }
  return (
    <div className={styles.tools} role="toolbar" aria-label={t('format.toolbar')}>
      <IconButton icon={IconPaperclip} label={t('act.write.attach')} keys={acts['write.attach'].keys[0]} onClick={onAttach} />
      <IconButton icon={IconPhoto} label={t('format.image')} onClick={() => image.current?.click()} />
      <span className={styles.format}>
        {TOOLS.map((tool) => (
          <IconButton key={tool.key} icon={tool.icon} size={16} label={t(tool.key)} pressed={active?.includes(tool.key) ?? false} onMouseDown={keepFocus} onClick={() => editor && tool.run(editor)} />
        ))}
        <IconButton icon={IconLink} size={16} label={t('format.link')} pressed={linking} onClick={() => setLinking(!linking)} />
      </span>
      {linking && editor ? <LinkField editor={editor} onDone={() => setLinking(false)} /> : null}
      <input
        ref={image}
        type="file"
        accept="image/png,image/jpeg,image/gif,image/webp"
        hidden
        onChange={(event) => {
          void insert(event.target.files?.[0])
          event.target.value = ''
        }}
      />
    </div>
  )
}

function LinkField({ editor, onDone }: { editor: Editor; onDone: () => void }) {
  const [href, setHref] = useState((editor.getAttributes('link').href as string | undefined) ?? '')
  const set = () => {
    const clean = href.trim()
    if (!clean) editor.chain().focus().unsetLink().run()
    else editor.chain().focus().extendMarkRange('link').setLink({ href: /^[a-z]+:/i.test(clean) ? clean : `https://${clean}` }).run()
    onDone()
  }
  return (
    <span className={styles.link}>
      <input
        autoFocus
        className={styles.href}
        type="url"
        aria-label={t('format.linkTo')}
        placeholder="https://"
        value={href}
        onChange={(event) => setHref(event.target.value)}
        onKeyDown={(event) => {
          if (event.key === 'Enter') set()
          else if (event.key === 'Escape') onDone()
          else return
          event.preventDefault()
          event.stopPropagation()
        }}
      />
      <Button look="quiet" onClick={set}>
        {t('common.apply')}
      </Button>
    </span>
  )
}
