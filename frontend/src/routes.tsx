import { createRootRoute, createRoute, createRouter, lazyRouteComponent, redirect } from '@tanstack/react-router'
import { Fault } from '@/shared/shell/Fault'
import { MissingPart } from '@/shared/shell/MissingPart'
import { Frame } from '@/shared/shell/Frame'
import { Home } from '@/shared/shell/Home'
import { NotHere } from '@/shared/shell/NotHere'
import { Inbox } from '@/inbox/Inbox'
import { whenSignedOut } from '@/shared/api/client'

/** The router would load the whole page anew for a part that does not come; with the server away, all would be lost. */
const part = <T,>(load: () => Promise<T>) => () =>
  load().catch((error: unknown) => {
    throw new MissingPart(error)
  })

const rooms = {
  shared: part(() => import('@/inbox/Shared')),
  search: part(() => import('@/search/Search')),
  contacts: part(() => import('@/contacts/Contacts')),
  contactPage: part(() => import('@/contacts/ContactPage')),
  companies: part(() => import('@/companies/Companies')),
  companyPage: part(() => import('@/companies/CompanyPage')),
  settings: part(() => import('@/settings/Settings')),
}

/** Fetches every room, so that going there later needs the server for mail only: it may be away, or renewed. */
export async function fetchRooms(): Promise<void> {
  await Promise.allSettled([...Object.values(rooms).map((room) => room()), import('@/composer/InlineComposer'), import('@/composer/Windows')])
}

const root = createRootRoute({ notFoundComponent: NotHere })

interface Asked {
  q?: string
}

const asked = (search: Record<string, unknown>): Asked =>
  typeof search.q === 'string' && search.q ? { q: search.q } : {}

/** Whose rules, and the mail that one is made from; what came of asking a provider for a linked account. */
interface OfSettings {
  mailbox?: string
  message?: string
  linked?: string
  consent?: string
}

const ofSettings = (asked: Record<string, unknown>): OfSettings =>
  Object.fromEntries(['mailbox', 'message', 'linked', 'consent'].flatMap((name) => (typeof asked[name] === 'string' ? [[name, asked[name]]] : [])))

const signin = createRoute({
  getParentRoute: () => root,
  path: '/signin',
  validateSearch: (search: Record<string, unknown>): { next?: string } =>
    typeof search.next === 'string' && /^\/(?!\/)/.test(search.next) ? { next: search.next } : {},
  component: lazyRouteComponent(() => import('@/signin/SignIn'), 'SignIn'),
})

const setup = createRoute({
  getParentRoute: () => root,
  path: '/setup',
  component: lazyRouteComponent(() => import('@/setup/Claim'), 'Claim'),
})

const design = createRoute({
  getParentRoute: () => root,
  path: '/design',
  component: lazyRouteComponent(() => import('@/shared/look/DesignPage'), 'DesignPage'),
})

const frame = createRoute({ getParentRoute: () => root, id: 'frame', component: Frame })

const home = createRoute({ getParentRoute: () => frame, path: '/', component: Home })

const mail = createRoute({ getParentRoute: () => frame, path: '/mail/$mailbox/$folder', component: Inbox })
const mailThread = createRoute({ getParentRoute: () => mail, path: '$thread' })

const shared = createRoute({
  getParentRoute: () => frame,
  path: '/shared',
  component: lazyRouteComponent(rooms.shared, 'Shared'),
})
const sharedThread = createRoute({ getParentRoute: () => shared, path: '$thread' })

const search = createRoute({
  getParentRoute: () => frame,
  path: '/search',
  validateSearch: asked,
  component: lazyRouteComponent(rooms.search, 'Search'),
})
const searchThread = createRoute({ getParentRoute: () => search, path: '$thread' })

const contacts = createRoute({
  getParentRoute: () => frame,
  path: '/contacts',
  validateSearch: asked,
  component: lazyRouteComponent(rooms.contacts, 'Contacts'),
})
const contact = createRoute({
  getParentRoute: () => frame,
  path: '/contacts/$contact',
  component: lazyRouteComponent(rooms.contactPage, 'ContactPage'),
})
const companies = createRoute({
  getParentRoute: () => frame,
  path: '/companies',
  validateSearch: asked,
  component: lazyRouteComponent(rooms.companies, 'Companies'),
})
const company = createRoute({
  getParentRoute: () => frame,
  path: '/companies/$company',
  component: lazyRouteComponent(rooms.companyPage, 'CompanyPage'),
})

const settings = createRoute({
  getParentRoute: () => frame,
  path: '/settings',
  beforeLoad: ({ location }) => {
    // Thrown, not returned: that is the router's way to redirect.
    // eslint-disable-next-line @typescript-eslint/only-throw-error
    if (location.pathname.replace(/\/$/, '') === '/settings') throw redirect({ to: '/settings/$section', params: { section: 'profile' } })
  },
})
const settingsSection = createRoute({
  getParentRoute: () => settings,
  path: '$section',
  validateSearch: ofSettings,
  component: lazyRouteComponent(rooms.settings, 'Settings'),
})
const settingsDomain = createRoute({
  getParentRoute: () => settings,
  path: 'domains/$domain',
  component: lazyRouteComponent(rooms.settings, 'Settings'),
})

const tree = root.addChildren([
  signin,
  setup,
  design,
  frame.addChildren([
    home,
    mail.addChildren([mailThread]),
    shared.addChildren([sharedThread]),
    search.addChildren([searchThread]),
    contacts,
    contact,
    companies,
    company,
    settings.addChildren([settingsSection, settingsDomain]),
  ]),
])

export const router = createRouter({ routeTree: tree, defaultPreload: 'intent', defaultErrorComponent: Fault, pathParamsAllowedCharacters: ['@'] })

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router
  }
}

whenSignedOut(() => {
  const here = router.state.location
  if (here.pathname !== '/signin' && here.pathname !== '/setup') void router.navigate({ to: '/signin', search: { next: here.href } })
})
