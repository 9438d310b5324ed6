import accounts from '@/accounts/words.en'
import signin from '@/signin/words.en'
import inbox from '@/inbox/words.en'
import composer from '@/composer/words.en'
import search from '@/search/words.en'
import contacts from '@/contacts/words.en'
import queue from '@/queue/words.en'
import keeping from '@/keeping/words.en'
import reports from '@/reports/words.en'
import companies from '@/companies/words.en'
import setup from '@/setup/words.en'
import settings from '@/settings/words.en'
import workspace from '@/workspace/words.en'
import rules from '@/rules/words.en'
import common from './common.en'

/** Every word of the page in English. */
export default { ...common, ...signin, ...inbox, ...composer, ...search, ...contacts, ...companies, ...settings, ...setup, ...workspace, ...rules, ...queue, ...keeping, ...reports, ...accounts }
