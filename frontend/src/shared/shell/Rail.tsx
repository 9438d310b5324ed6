import { Link, useNavigate, useParams, type LinkProps } from '@tanstack/react-router'
import type { Icon } from '@tabler/icons-react'
import { IconAddressBook, IconBuilding, IconChevronDown, IconInbox, IconSearch, IconSettings } from '@tabler/icons-react'
import type { ReactNode } from 'react'
import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { draftsQuery } from '@/composer/data'
import { sharedQuery } from '@/inbox/data'
import { folderName, mailboxOf, unreadElsewhere, useMe } from '@/shared/api/me'
import type { Folder, Mailbox } from '@/shared/api/types'
import { t, type Key } from '@/shared/i18n'
import { run, useActs } from '@/shared/keys/dispatch'
import { acts, type ActId } from '@/shared/keys/table'
import { useLook } from '@/shared/look/look'
import { Avatar } from '@/shared/widgets/Avatar'
import { kinOf } from '@/shared/widgets/kin'
import { ActItem, Menu, MenuItem, MenuLabel, MenuLine } from '@/shared/widgets/Menu'
import { Tip } from '@/shared/widgets/Tip'
import { ActButton } from '@/shared/widgets/Button'
import { Kbd } from '@/shared/widgets/Kbd'
import { folderIcon, folderLabel, inOrder } from './folders'
import { Mark } from './Mark'
import styles from './Rail.module.css'

/** The mailbox one is in, or the first: what the folders of the rail belong to. */
export function useHereMailbox(): Mailbox | undefined {
  const me = useMe()
  const { mailbox } = useParams({ strict: false })
  return (mailbox ? mailboxOf(me, mailbox) : undefined) ?? me.mailboxes[0]
}

export function Rail() {
  const me = useMe()
  const open = useLook((look) => look.railOpen)
  const here = useHereMailbox()
  return (
    <nav className={styles.rail} data-open={open ? '' : undefined} aria-label={t('shell.rail')}>
      <div className={styles.top}>
        <span className={styles.mark}>
          <Mark />
        </span>
        {open ? <span className={styles.house}>{me.workspace}</span> : null}
      </div>
      <ComposeButton open={open} />
      <div className={styles.scroll}>
        {me.mailboxes.length > 1 && here ? <MailboxMenu here={here} open={open} /> : null}
        {here ? inOrder(here.folders).map((folder) => <FolderLink key={folder.id} mailbox={here} folder={folder} open={open} />) : null}
        <SharedLink open={open} />
        <hr className={styles.line} />
        <RailLink act="page.search" icon={IconSearch} open={open} to="/search" />
        <RailLink act="go.contacts" icon={IconAddressBook} open={open} to="/contacts" />
        <RailLink act="go.companies" icon={IconBuilding} open={open} to="/companies" />
      </div>
      <div className={styles.bottom}>
        <ActButton act="page.rail" side="right" aria-expanded={open} />
        <MemberMenu />
      </div>
    </nav>
  )
}

function ComposeButton({ open }: { open: boolean }) {
  const Glyph = acts['write.new'].icon
  const button = (
    <button type="button" className={styles.compose} onClick={() => run('write.new')} aria-label={t('act.write.new')}>
      <Glyph size={18} stroke={1.75} aria-hidden />
      {open ? (
        <>
          <span className={styles.words}>{t('act.write.new')}</span>
          <Kbd keys="c" />
        </>
      ) : null}
    </button>
  )
  return open ? button : <Tip label={t('act.write.new')} keys="c" side="right">{button}</Tip>
}

function MailboxMenu({ here, open }: { here: Mailbox; open: boolean }) {
  const me = useMe()
  const elsewhere = unreadElsewhere(me, here).reduce((sum, { unread }) => sum + unread, 0)
  const label = elsewhere > 0 ? t('shell.mailboxElsewhere', { name: here.name, count: elsewhere }) : t('shell.mailbox', { name: here.name })
  const trigger = (
    <button type="button" className={styles.mailbox} aria-label={label}>
      <Avatar name={here.name} kin={kinOf(here.address)} size={24} />
      {elsewhere > 0 ? <span className={styles.elsewhere} /> : null}
      {open ? (
        <>
          <span className={styles.words}>{here.name}</span>
          <IconChevronDown size={14} aria-hidden />
        </>
      ) : null}
    </button>
  )
  return (
    <Menu trigger={trigger} side={open ? 'bottom' : 'right'}>
      <MailboxItems all={me.mailboxes} />
    </Menu>
  )
}

export function MailboxItems({ all }: { all: Mailbox[] }) {
  const here = useHereMailbox()
  return (
    <>
      <MenuLabel>{t('shell.mailboxes')}</MenuLabel>
      {all.map((mailbox) => (
        <MailboxLink key={mailbox.id} mailbox={mailbox} checked={mailbox.id === here?.id} />
      ))}
    </>
  )
}

function MailboxLink({ mailbox, checked }: { mailbox: Mailbox; checked: boolean }) {
  const navigate = useNavigate()
  const unread = mailbox.folders.find((folder) => folder.role === 'inbox')?.unread ?? 0
  const open = () => void navigate({ to: '/mail/$mailbox/$folder', params: { mailbox: mailbox.address, folder: 'inbox' } })
  return (
    <MenuItem checked={checked} note={unread > 0 ? unread : undefined} onSelect={open}>
      {mailbox.name}
      <span className={styles.address}>{mailbox.address}</span>
    </MenuItem>
  )
}

function FolderLink({ mailbox, folder, open }: { mailbox: Mailbox; folder: Folder; open: boolean }) {
  const act = folder.role ? (`go.${folder.role}` as ActId) : undefined
  const drafts = useQuery({ ...draftsQuery, enabled: folder.role === 'drafts' }).data?.items.length ?? 0
  const shown = folder.role === 'inbox' || folder.role === 'junk' ? folder.unread : folder.role === 'drafts' ? folder.total + (mailbox.shared ? 0 : drafts) : 0
  const label = folderLabel(folder)
  return (
    <Item
      icon={folderIcon(folder)}
      label={label}
      keys={act ? acts[act].keys[0] : undefined}
      count={shown}
      countWords={folder.role === 'drafts' ? 'shell.folderHolds' : 'shell.folderWith'}
      loud={folder.role === 'inbox'}
      open={open}
      link={{ to: '/mail/$mailbox/$folder', params: { mailbox: mailbox.address, folder: folderName(folder) } }}
    />
  )
}

/** Only there when somebody has shared something. */
function SharedLink({ open }: { open: boolean }) {
  const rows = useInfiniteQuery(sharedQuery).data?.pages.flatMap((page) => page.items) ?? []
  const unread = rows.filter((row) => row.unread).length
  const navigate = useNavigate()
  useActs({ 'go.shared': rows.length > 0 ? () => void navigate({ to: '/shared' }) : undefined })
  return rows.length > 0 ? (
    <Item icon={acts['go.shared'].icon} label={t('act.go.shared')} keys={acts['go.shared'].keys[0]} count={unread} open={open} link={{ to: '/shared' }} />
  ) : null
}

function RailLink({ act, icon, open, to }: { act: ActId; icon: Icon; open: boolean; to: '/search' | '/contacts' | '/companies' }) {
  return <Item icon={icon} label={t(`act.${act}`)} keys={acts[act].keys[0]} open={open} link={{ to }} />
}

interface ItemProps {
  icon: Icon
  label: string
  keys: string | undefined
  count?: number
  countWords?: Key
  loud?: boolean
  open: boolean
  link: Pick<LinkProps, 'to' | 'params'>
}

function Item({ icon: Glyph, label, keys, count = 0, countWords = 'shell.folderWith', loud, open, link }: ItemProps) {
  const spoken = count > 0 ? t(countWords, { name: label, count }) : label
  const inside: ReactNode = (
    <Link {...(link as LinkProps)} className={styles.item} activeProps={{ className: styles.here }} aria-label={spoken}>
      <Glyph size={18} stroke={1.75} aria-hidden />
      {open ? <span className={styles.words}>{label}</span> : null}
      {count > 0 ? (
        <span className={styles.count} data-loud={loud ? '' : undefined}>
          {open || count < 100 ? count : '99+'}
        </span>
      ) : null}
    </Link>
  )
  return open ? inside : <Tip label={label} keys={keys} side="right">{inside as React.ReactElement}</Tip>
}

function MemberMenu() {
  const me = useMe()
  const trigger = (
    <button type="button" className={styles.me} aria-label={t('shell.you', { name: me.name })}>
      <Avatar name={me.name} kin={kinOf(me.address)} size={24} />
    </button>
  )
  return (
    <Menu trigger={trigger} side="right" align="end">
      <MenuLabel>
        {me.name} · {me.address}
      </MenuLabel>
      <ActItem act="go.settings" />
      <ActItem act="page.theme" />
      <ActItem act="page.language" />
      <ActItem act="page.help" />
      <MenuLine />
      <ActItem act="page.signout" />
    </Menu>
  )
}

/** On a phone the rail lies at the bottom, with the four places one goes to. */
export function BottomBar() {
  const here = useHereMailbox()
  const inbox = here?.folders.find((folder) => folder.role === 'inbox')
  return (
    <nav className={styles.bar} aria-label={t('shell.rail')}>
      {here ? (
        <Link to="/mail/$mailbox/$folder" params={{ mailbox: here.address, folder: 'inbox' }} className={styles.tab} activeProps={{ className: styles.tabHere }}>
          <IconInbox size={22} stroke={1.5} aria-hidden />
          {t('folder.inbox')}
          {inbox && inbox.unread > 0 ? <span className={styles.dot}>{inbox.unread > 99 ? '99+' : inbox.unread}</span> : null}
        </Link>
      ) : null}
      <Tab to="/search" icon={IconSearch} label={t('act.page.search')} />
      <Tab to="/contacts" icon={IconAddressBook} label={t('act.go.contacts')} />
      <Tab to="/companies" icon={IconBuilding} label={t('act.go.companies')} />
      <Tab to="/settings" icon={IconSettings} label={t('act.go.settings')} />
    </nav>
  )
}

function Tab({ to, icon: Glyph, label }: { to: '/search' | '/contacts' | '/companies' | '/settings'; icon: Icon; label: string }) {
  return (
    <Link to={to} className={styles.tab} activeProps={{ className: styles.tabHere }}>
      <Glyph size={22} stroke={1.5} aria-hidden />
      {label}
    </Link>
  )
}
