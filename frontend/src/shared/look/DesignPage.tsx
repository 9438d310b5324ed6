import { IconArchive, IconClock, IconInbox, IconShieldX } from '@tabler/icons-react'
import { useState, type ReactNode } from 'react'
import { t } from '@/shared/i18n'
import { RowBones } from '@/shared/widgets/Rows'
import { Problem } from '@/shared/api/problem'
import { Avatar } from '@/shared/widgets/Avatar'
import { Button, IconButton } from '@/shared/widgets/Button'
import { Segmented, Select, Switch, TextField } from '@/shared/widgets/Field'
import { Kbd } from '@/shared/widgets/Kbd'
import { Empty, Trouble } from '@/shared/widgets/States'
import { Tag } from '@/shared/widgets/Tag'
import { complain, offerUndo, UndoBar } from '@/shared/widgets/undo'
import { isDark, useLook } from './look'
import styles from './DesignPage.module.css'

const COLOURS = ['ground-rail', 'ground-list', 'ground', 'ground-raised', 'ground-selected', 'line', 'line-strong', 'line-field', 'ink', 'ink-2', 'ink-3', 'accent', 'accent-soft', 'red', 'red-soft', 'amber', 'amber-soft']

/** The real components side by side, for review in both themes. */
export function DesignPage() {
  const look = useLook()
  const [on, setOn] = useState(true)
  const dark = isDark()
  return (
    <main className={styles.page}>
      <header className={styles.head}>
        <h1 className={styles.title}>Posthouse 驿站</h1>
        <Segmented
          label={t('settings.theme')}
          value={dark ? 'dark' : 'light'}
          choices={[
            { value: 'light', label: t('theme.light') },
            { value: 'dark', label: t('theme.dark') },
          ]}
          onChange={(theme) => look.set({ theme })}
        />
      </header>
      <Piece>
        {COLOURS.map((colour) => (
          <span key={colour} className={styles.swatch}>
            <span className={styles.colour} style={{ background: `var(--${colour})` }} />
            {colour}
          </span>
        ))}
      </Piece>
      <Piece>
        <Button look="main">{t('common.save')}</Button>
        <Button icon={IconArchive}>{t('act.thread.done')}</Button>
        <Button look="quiet" keys="e">
          {t('act.thread.done')}
        </Button>
        <Button look="danger">{t('settings.endSession')}</Button>
        <Button busy>{t('common.retry')}</Button>
        <IconButton icon={IconArchive} label={t('act.thread.done')} keys="e" />
        <Kbd keys="mod+k" />
      </Piece>
      <Piece>
        <Tag>{t('contacts.unverified')}</Tag>
        <Tag tone="green" icon={IconClock}>
          {t('customer.weOwe')}
        </Tag>
        <Tag tone="amber" icon={IconShieldX}>
          {t('auth.fail')}
        </Tag>
        <Tag tone="red">{t('delivery.failed')}</Tag>
        {['王建国', 'Priya Ramanathan', 'Jörg Brandt', '韦秀英', 'sales', 'Ωmega'].map((name) => (
          <Avatar key={name} name={name} />
        ))}
      </Piece>
      <Piece>
        <div className={styles.fields}>
          <TextField label={t('settings.name')} defaultValue="林晓岚" hint={t('settings.nameHint')} />
          <TextField label={t('settings.passwordNow')} type="password" error={t('settings.passwordWrong')} />
        </div>
        <Select label={t('settings.theme')} value="a" choices={[{ value: 'a', label: t('theme.system') }]} onChange={() => undefined} />
        <Switch label={t('settings.density')} checked={on} onChange={setOn} />
        <Button onClick={() => offerUndo(t('inbox.didDone', { count: 3 }), () => undefined)}>{t('common.undo')}</Button>
        <Button onClick={() => complain(t('inbox.actFailed'), () => undefined)}>{t('common.retry')}</Button>
      </Piece>
      <div className={styles.states}>
        <div className={styles.state}>
          <RowBones count={4} />
        </div>
        <div className={styles.state}>
          <Empty icon={IconInbox} title={t('inbox.emptyInbox')} />
        </div>
        <div className={styles.state}>
          <Trouble what={t('inbox.listFailed')} safe={t('inbox.listSafe')} error={new Problem('busy', 503, 'database restarting')} onRetry={() => undefined} />
        </div>
      </div>
      <UndoBar />
    </main>
  )
}

function Piece({ children }: { children: ReactNode }) {
  return <section className={styles.piece}>{children}</section>
}
