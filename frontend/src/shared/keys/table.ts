import type { Icon } from '@tabler/icons-react'
import {
  IconAddressBook,
  IconAlertOctagon,
  IconArchive,
  IconArrowBackUp,
  IconArrowDown,
  IconArrowLeft,
  IconArrowUp,
  IconBuilding,
  IconBuildingPlus,
  IconBuildingStore,
  IconClock,
  IconCommand,
  IconCornerUpLeft,
  IconCornerUpLeftDouble,
  IconCornerUpRight,
  IconEdit,
  IconEye,
  IconFolderSymlink,
  IconInbox,
  IconKeyboard,
  IconLanguage,
  IconLayoutSidebar,
  IconLayoutSidebarRight,
  IconLogout,
  IconMail,
  IconMailOpened,
  IconMinus,
  IconMoon,
  IconPaperclip,
  IconPencil,
  IconPhoto,
  IconPlayerPause,
  IconPrinter,
  IconRefresh,
  IconSearch,
  IconSend,
  IconSendOff,
  IconSettings,
  IconSquareCheck,
  IconStar,
  IconTrash,
  IconUserOff,
  IconUserPlus,
  IconUsersGroup,
  IconX,
} from '@tabler/icons-react'

/** Where an act can be meant: acts of two scopes that are on screen together may not share a key. */
export type Scope = 'page' | 'thread' | 'composer' | 'queue'
export type Group = 'thread' | 'write' | 'go' | 'queue' | 'page'

export interface Act {
  keys: readonly string[]
  icon: Icon
  group: Group
  scope: Scope
  /** Works while typing: only keys with a modifier, and Escape. */
  typing?: boolean
  /** Not offered by the palette: it needs the place where one is (move the focus, close this). */
  silent?: boolean
}

const table = {
  'thread.next': { keys: ['j', 'down'], icon: IconArrowDown, group: 'thread', scope: 'thread', silent: true },
  'thread.previous': { keys: ['k', 'up'], icon: IconArrowUp, group: 'thread', scope: 'thread', silent: true },
  'thread.open': { keys: ['enter', 'o'], icon: IconMailOpened, group: 'thread', scope: 'thread', silent: true },
  'thread.back': { keys: ['u', 'escape'], icon: IconArrowLeft, group: 'thread', scope: 'thread', silent: true },
  'thread.done': { keys: ['e'], icon: IconArchive, group: 'thread', scope: 'thread' },
  'thread.reply': { keys: ['r'], icon: IconCornerUpLeft, group: 'thread', scope: 'thread' },
  'thread.replyAll': { keys: ['shift+r'], icon: IconCornerUpLeftDouble, group: 'thread', scope: 'thread' },
  'thread.forward': { keys: ['f'], icon: IconCornerUpRight, group: 'thread', scope: 'thread' },
  'thread.flag': { keys: ['s'], icon: IconStar, group: 'thread', scope: 'thread' },
  'thread.unread': { keys: ['shift+u'], icon: IconMail, group: 'thread', scope: 'thread' },
  'thread.move': { keys: ['v'], icon: IconFolderSymlink, group: 'thread', scope: 'thread' },
  'thread.inbox': { keys: ['shift+i'], icon: IconInbox, group: 'thread', scope: 'thread' },
  'thread.junk': { keys: ['!'], icon: IconAlertOctagon, group: 'thread', scope: 'thread' },
  'thread.trash': { keys: ['#', 'delete'], icon: IconTrash, group: 'thread', scope: 'thread' },
  'thread.select': { keys: ['x'], icon: IconSquareCheck, group: 'thread', scope: 'thread', silent: true },
  'thread.customer': { keys: ['.'], icon: IconLayoutSidebarRight, group: 'thread', scope: 'thread' },
  'thread.images': { keys: ['i'], icon: IconPhoto, group: 'thread', scope: 'thread' },
  'thread.contact': { keys: ['y'], icon: IconUserPlus, group: 'thread', scope: 'thread' },
  'thread.ignore': { keys: ['n'], icon: IconUserOff, group: 'thread', scope: 'thread' },
  'thread.preview': { keys: ['space'], icon: IconEye, group: 'thread', scope: 'thread', silent: true },
  'thread.print': { keys: ['mod+p'], icon: IconPrinter, group: 'thread', scope: 'thread' },

  'write.new': { keys: ['c'], icon: IconPencil, group: 'write', scope: 'page' },
  'write.contact': { keys: [], icon: IconUserPlus, group: 'write', scope: 'page' },
  'write.company': { keys: [], icon: IconBuildingPlus, group: 'write', scope: 'page' },
  'write.send': { keys: ['mod+enter'], icon: IconSend, group: 'write', scope: 'composer', typing: true },
  'write.later': { keys: ['mod+shift+l'], icon: IconClock, group: 'write', scope: 'composer', typing: true },
  'write.attach': { keys: ['mod+shift+a'], icon: IconPaperclip, group: 'write', scope: 'composer', typing: true },
  'write.close': { keys: ['escape'], icon: IconMinus, group: 'write', scope: 'composer', typing: true, silent: true },
  'write.discard': { keys: ['mod+shift+d'], icon: IconX, group: 'write', scope: 'composer', typing: true },

  'go.inbox': { keys: ['g i'], icon: IconInbox, group: 'go', scope: 'page' },
  'go.sent': { keys: ['g t'], icon: IconSend, group: 'go', scope: 'page' },
  'go.drafts': { keys: ['g w'], icon: IconEdit, group: 'go', scope: 'page' },
  'go.archive': { keys: ['g e'], icon: IconArchive, group: 'go', scope: 'page' },
  'go.junk': { keys: ['g j'], icon: IconAlertOctagon, group: 'go', scope: 'page' },
  'go.trash': { keys: ['g x'], icon: IconTrash, group: 'go', scope: 'page' },
  'go.shared': { keys: ['g h'], icon: IconUsersGroup, group: 'go', scope: 'page' },
  'go.contacts': { keys: ['g c'], icon: IconAddressBook, group: 'go', scope: 'page' },
  'go.companies': { keys: ['g o'], icon: IconBuilding, group: 'go', scope: 'page' },
  'go.mailbox': { keys: ['g m'], icon: IconBuildingStore, group: 'go', scope: 'page' },
  'go.queue': { keys: ['g q'], icon: IconSendOff, group: 'go', scope: 'page' },
  'go.settings': { keys: ['g s'], icon: IconSettings, group: 'go', scope: 'page' },

  'queue.retry': { keys: ['r'], icon: IconRefresh, group: 'queue', scope: 'queue' },
  'queue.hold': { keys: ['h'], icon: IconPlayerPause, group: 'queue', scope: 'queue' },
  'queue.drop': { keys: ['#', 'delete'], icon: IconTrash, group: 'queue', scope: 'queue' },

  'page.search': { keys: ['/'], icon: IconSearch, group: 'page', scope: 'page' },
  'page.palette': { keys: ['mod+k'], icon: IconCommand, group: 'page', scope: 'page', typing: true, silent: true },
  'page.undo': { keys: ['z', 'mod+z'], icon: IconArrowBackUp, group: 'page', scope: 'page' },
  'page.help': { keys: ['?'], icon: IconKeyboard, group: 'page', scope: 'page' },
  'page.rail': { keys: ['['], icon: IconLayoutSidebar, group: 'page', scope: 'page' },
  'page.theme': { keys: ['mod+shift+;'], icon: IconMoon, group: 'page', scope: 'page' },
  'page.language': { keys: [], icon: IconLanguage, group: 'page', scope: 'page' },
  'page.signout': { keys: [], icon: IconLogout, group: 'page', scope: 'page' },
} as const satisfies Record<string, Act>

export type ActId = keyof typeof table

/** The one list of everything a person can do by name or key: menus, tooltips, palette, help and shortcuts read it. */
export const acts: Record<ActId, Act> = table

export const actIds = Object.keys(table) as ActId[]
