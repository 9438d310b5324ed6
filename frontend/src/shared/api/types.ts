import type { components } from './schema'

/** What the server says, by the names the page uses. `schema.ts` is made from its OpenAPI: `npm run api`. */
type Schemas = components['schemas']

export interface Page<T> {
  items: T[]
  next_cursor: string | null
}

export type Me = Schemas['Me']
export type MeChange = Schemas['MeChange']
export type Theme = Me['theme']
export type Mailbox = Schemas['MailboxView']
export type Folder = Schemas['FolderView']
export type FolderRole = NonNullable<Folder['role']>
export type Session = Schemas['SessionView']
export type MailPrograms = Schemas['MailPrograms']
export type MailService = Schemas['MailService']
export type AppPassword = Schemas['AppPasswordView']
export type AppPasswords = Schemas['AppPasswordPage']
export type MadeAppPassword = Schemas['MadeAppPassword']
export type MailProtocol = AppPassword['protocols'][number]
export type SignInPolicy = Schemas['SignInPolicy']

/** Something with a name: a company, a contact, a member. */
export type Ref = Schemas['Ref']
/** Who waits for an answer: `we` owe one, `they` owe one, or nobody. */
export type Owes = ThreadRow['owes']
/** How much of a mail a reader may see. */
export type Level = ThreadRow['level']

export type Person = Pick<Schemas['PersonView'], 'name' | 'address'> & Partial<Schemas['PersonView']>
export type ThreadRow = Schemas['ThreadRow']
export type Thread = Schemas['ThreadView']
export type Message = Schemas['MessageView']
export type Attachment = Schemas['AttachmentView']
export type Authentication = Schemas['Authentication']
export type JunkReason = Schemas['JunkReason']
export type ThreadActs = Schemas['ThreadActs']
export type Verb = ThreadActs['act']
/** What was changed, and what takes exactly that back when it is sent to the same door. */
export type Acted = Schemas['Acted']

export type NewContact = Partial<Schemas['NewContact']> & { name: string }
export type NewCompany = Partial<Schemas['NewCompany']> & { name: string }
export type ContactChange = Omit<Schemas['ContactChange'], 'version'>
export type CompanyChange = Omit<Schemas['CompanyChange'], 'version'>
export type ContactRow = Schemas['ContactRow']
export type Contact = Schemas['ContactView']
export type CompanyRow = Schemas['CompanyRow']
export type Company = Schemas['CompanyView']
export type Timeline = Schemas['Timeline']
/** One line of a history; `level` says how much of it the reader may see. */
export type TimelineEvent = Schemas['TimelineEntry']
export type EventKind = TimelineEvent['kind']
export type WeekCount = Schemas['WeekCount']

export type Usage = Schemas['UsageView']
export type UsageLimits = Schemas['LimitsView']
/** null is as the workspace says, 0 is no limit. */
export type OwnLimits = Schemas['OwnLimits']
export type Quotas = Schemas['QuotaList']
export type RetentionRule = Schemas['RuleView']
export type Due = Schemas['DueView']
export type Hold = Schemas['HoldView']

export type HostedAddress = Schemas['AddressView']
export type Relay = Schemas['RelayView']
export type RelayWish = Schemas['RelayWish']
export type DomainChecks = Schemas['DomainChecks']
export type DomainCheck = Schemas['CheckView']
export type DomainReports = Schemas['DomainReports']
export type MailDay = Schemas['MailDayView']
export type SessionDay = Schemas['SessionDayView']
export type ReportSource = Schemas['SourceView']
export type ReportFailure = Schemas['FailureView']

export type QueuedRecipient = Schemas['QueuedRecipient']
export type WaitingSite = Schemas['WaitingSite']

export type Certificate = Schemas['CertificateView']
export type CertificateWish = Schemas['WishView']
export type Machine = Schemas['MachineView']
export type Knock = Schemas['KnockView']
export type MessageDelivery = Schemas['MessageDelivery']

export type Upload = Schemas['Upload']
export type SavedDraft = Schemas['SavedDraft']
export type StoredDraft = Schemas['Draft']
export type Sent = Schemas['SentMessage']
export type Undone = Schemas['Undone']

/** One rule of a mailbox, whole: the server leaves nothing out. */
export type Rule = Omit<Schemas['Rule'], 'conditions' | 'actions'> & {
  conditions: Required<Schemas['Condition']>[]
  actions: Schemas['Action'][]
}
export type Away = Required<Schemas['Away']>
export type BuiltRules = Omit<Schemas['RulesView'], 'rules' | 'away'> & { rules: Rule[]; away: Away | null }
export type RuleTrial = Schemas['TrialView']
export type RuleStep = Schemas['RuleStep']
export type ScriptProblem = Schemas['ScriptProblem']
export type AwayNow = Schemas['AwayView']

export type LinkedAccount = Schemas['AccountView']
export type LinkedAccountDetail = Schemas['AccountDetail']
export type LinkedFolder = Schemas['AccountFolder']
export type MemberAccount = Schemas['MemberAccount']
export type AccountError = NonNullable<LinkedAccount['error']>
export type Detection = Schemas['DetectionView']
export type FoundServer = Schemas['FoundServerView']
export type MailProvider = Schemas['ProviderView']
export type MailServer = Required<Schemas['ServerView']>
export type MailServers = Omit<Required<Schemas['ServersView']>, 'incoming' | 'outgoing'> & { incoming: MailServer; outgoing: MailServer | null }
export type AccountTrial = Schemas['AccountTrial']
export type TrialStep = Schemas['StepView']
/** The same words in both languages of the page. */
export type BothLanguages = Schemas['BothLanguages']
