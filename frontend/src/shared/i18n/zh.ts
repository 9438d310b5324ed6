import type { Catalog } from './catalog'
import accounts from '@/accounts/words.zh'
import signin from '@/signin/words.zh'
import inbox from '@/inbox/words.zh'
import composer from '@/composer/words.zh'
import search from '@/search/words.zh'
import contacts from '@/contacts/words.zh'
import queue from '@/queue/words.zh'
import keeping from '@/keeping/words.zh'
import reports from '@/reports/words.zh'
import companies from '@/companies/words.zh'
import setup from '@/setup/words.zh'
import settings from '@/settings/words.zh'
import workspace from '@/workspace/words.zh'
import rules from '@/rules/words.zh'
import common from './common.zh'

/** Every word of the page in Chinese. */
export default { ...common, ...signin, ...inbox, ...composer, ...search, ...contacts, ...companies, ...settings, ...setup, ...workspace, ...rules, ...queue, ...keeping, ...reports, ...accounts } satisfies Catalog
