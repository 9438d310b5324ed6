import { EditorContent, useEditor } from '@tiptap/react'
import { useState } from 'react'
import { cleanHtml, extensions } from '@/composer/editor'
import { changeMe, useMe } from '@/shared/api/me'
import { asProblem } from '@/shared/api/problem'
import { t } from '@/shared/i18n'
import { Button } from '@/shared/widgets/Button'
import { complain, say } from '@/shared/widgets/undo'
import styles from './Settings.module.css'

export function Signature() {
  const me = useMe()
  const [html, setHtml] = useState(me.signature)
  const [busy, setBusy] = useState(false)
  const editor = useEditor({
    extensions: extensions(t('settings.signaturePlaceholder')),
    content: me.signature,
    editorProps: { attributes: { 'aria-label': t('settings.signature'), role: 'textbox', 'aria-multiline': 'true' } },
    onUpdate: ({ editor: now }) => setHtml(cleanHtml(now.getHTML())),
  })
  const save = async () => {
    setBusy(true)
    try {
      await changeMe({ signature: html })
      say(t('settings.saved'))
    } catch (error) {
      complain(`${t('settings.notSaved')} ${asProblem(error).detail}`.trim())
    } finally {
      setBusy(false)
    }
  }
  return (
    <div className={styles.form}>
      <p className={styles.hint}>{t('settings.signatureHint')}</p>
      <EditorContent editor={editor} className={styles.editor} />
      <div>
        <Button look="main" busy={busy} disabled={busy || html === me.signature} onClick={() => void save()}>
          {t('common.save')}
        </Button>
      </div>
    </div>
  )
}
