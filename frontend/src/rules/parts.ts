import type { Folder, Rule } from '@/shared/api/types'
import { t } from '@/shared/i18n'
import { fullDay, weekdayName } from '@/shared/i18n/format'
import { folderLabel } from '@/shared/shell/folders'
import { zoneNow } from './away'

export type Condition = Rule['conditions'][number]
export type Action = Rule['actions'][number]
export type Field = Condition['field']
export type Test = Condition['test']
export type ActionKind = Action['kind']

const TEXT: readonly Test[] = ['contains', 'not_contains', 'is', 'is_not']

/** What can be asked of each part of a mail, the usual question first. */
export const TESTS: Record<Field, readonly Test[]> = {
  from: TEXT,
  known: ['exists', 'exists_not'],
  to: TEXT,
  me: ['exists', 'exists_not'],
  detail: ['is', 'is_not', 'contains', 'not_contains', 'exists', 'exists_not'],
  subject: TEXT,
  body: ['contains', 'not_contains'],
  attachment: ['exists', 'exists_not', 'contains', 'not_contains'],
  list: ['exists', 'exists_not', 'contains', 'not_contains'],
  size: ['over', 'under'],
  day: ['since', 'until'],
  weekday: ['is', 'is_not'],
  time: ['since', 'before'],
  header: [...TEXT, 'exists', 'exists_not'],
}

export const FIELDS = Object.keys(TESTS) as Field[]

export const ACTIONS: readonly ActionKind[] = ['move', 'copy', 'flag', 'keyword', 'read', 'forward', 'redirect', 'notify', 'reject', 'discard', 'stop']

/** Of the moment a mail comes: told on the clock of this device. */
export const isMoment = (field: Field) => field === 'day' || field === 'weekday' || field === 'time'
export const needsWords = ({ field, test }: Condition) => field !== 'size' && !isMoment(field) && !test.startsWith('exists')
export const needsFolder = (kind: ActionKind) => kind === 'move' || kind === 'copy'
export const needsAddress = (kind: ActionKind) => kind === 'forward' || kind === 'redirect' || kind === 'notify'
const needsValue = (kind: ActionKind) => needsFolder(kind) || needsAddress(kind) || kind === 'reject' || kind === 'keyword'

/** What every mail program takes as a keyword. */
const KEYWORD = /^[A-Za-z0-9$_.-]{1,50}$/
/** Days as Sieve counts them, Monday first. */
export const WEEK: readonly string[] = ['1', '2', '3', '4', '5', '6', '0']

/** `own`: the addresses of the mailbox, which mail to oneself is written to. */
export function newCondition(field: Field = 'from', own: readonly string[] = []): Condition {
  const test = TESTS[field][0] ?? 'contains'
  const values = field === 'me' ? [...own] : field === 'weekday' ? ['6', '0'] : field === 'time' ? ['18:00'] : []
  return { field, test, values, header: '', size: field === 'size' ? 5 * 1024 : 0, zone: isMoment(field) ? zoneNow(null) : '+0000' }
}

export function newAction(kind: ActionKind, value = ''): Action {
  return { kind, value, text: '' }
}

export function newRule(): Rule {
  return { on: true, match: 'all', conditions: [newCondition()], actions: [newAction('move'), newAction('stop')] }
}

/** Another field keeps what still makes sense. */
export function withField(condition: Condition, field: Field, own: readonly string[] = []): Condition {
  const next = newCondition(field, own)
  const words = [condition, next].every(({ field: each }) => each !== 'me' && !isMoment(each))
  return { ...next, test: TESTS[field].includes(condition.test) ? condition.test : next.test, values: words ? condition.values : next.values }
}

/** Some parts of a mail are asked in words of their own. */
export function testLabel(field: Field, test: Test): string {
  const there = !test.endsWith('not') && !test.startsWith('not')
  if (field === 'known') return t(there ? 'rules.test.known' : 'rules.test.unknown')
  if (field === 'me') return t(there ? 'rules.test.named' : 'rules.test.unnamed')
  if (field === 'attachment' && !test.startsWith('exists')) return t(there ? 'rules.test.called' : 'rules.test.not_called')
  if (field === 'weekday') return t(there ? 'rules.test.on' : 'rules.test.not_on')
  return t(`rules.test.${test}`)
}

/** Words as they are typed: parted by commas of either language, semicolons or new lines. */
export function wordsIn(text: string): string[] {
  return text.split(/[,，;；\n]/).map((word) => word.trim()).filter(Boolean)
}

/** `list` with what stood at `from` at `to`. */
export function moved<T>(list: readonly T[], from: number, to: number): T[] {
  const rest = list.filter((_, index) => index !== from)
  const thing = list[from]
  return thing === undefined ? [...list] : [...rest.slice(0, to), thing, ...rest.slice(to)]
}

/** What the rule is about, in one line. */
export function conditionsInWords(rule: Rule): string {
  if (rule.conditions.length === 0) return t('rules.every')
  const joint = t(rule.match === 'all' ? 'rules.and' : 'rules.or')
  return rule.conditions.map(conditionInWords).join(joint)
}

export function actionsInWords(rule: Rule, folders: readonly Folder[]): string {
  return rule.actions.map((action) => actionInWords(action, folders)).join(t('common.comma'))
}

function conditionInWords(condition: Condition): string {
  const field = condition.field === 'header' ? condition.header : t(`rules.field.${condition.field}`)
  const test = testLabel(condition.field, condition.test)
  return t('rules.told', { field, test, values: valuesInWords(condition) }).trim()
}

function valuesInWords(condition: Condition): string {
  if (condition.field === 'size') return sizeInWords(condition.size)
  if (condition.field === 'day') return condition.values.map(fullDay).join('')
  if (condition.field === 'time') return condition.values.join('')
  if (condition.field === 'weekday') return [...condition.values].sort((a, b) => WEEK.indexOf(a) - WEEK.indexOf(b)).map((day) => weekdayName(Number(day))).join(t('common.comma'))
  return needsWords(condition) ? condition.values.map((value) => t('rules.quoted', { value })).join(t('rules.orWord')) : ''
}

function actionInWords({ kind, value }: Action, folders: readonly Folder[]): string {
  if (!needsFolder(kind)) return t(`rules.said.${kind}`, { value })
  const folder = folders.find((each) => each.name === value)
  return t(`rules.said.${kind}`, { value: folder ? folderLabel(folder) : value })
}

function sizeInWords(size: number): string {
  return size % 1024 === 0 ? `${size / 1024} MB` : `${size} KB`
}

/** Every condition has its words, every action what it needs; a rule does something. */
export function isComplete(rule: Rule): boolean {
  const asks = rule.conditions.every((each) => {
    if (each.field === 'size') return each.size > 0
    if (each.field === 'header' && !each.header.trim()) return false
    if (isMoment(each.field)) return each.values.some(Boolean)
    return !needsWords(each) || each.values.length > 0
  })
  const does = rule.actions.every(({ kind, value }) => (kind === 'keyword' ? KEYWORD.test(value.trim()) : !needsValue(kind) || value.trim() !== ''))
  return asks && does && rule.actions.length > 0
}

/** It does something to mail that is here already, too. */
export function runs(rule: Rule): boolean {
  return rule.actions.some(({ kind }) => ['flag', 'read', 'move', 'discard'].includes(kind))
}

/** Nobody is told that a mail was refused that was kept or sent on (RFC 5429 2.1). */
export function contradicts(rule: Rule): boolean {
  const kinds = new Set(rule.actions.map((action) => action.kind))
  const refused = kinds.has('reject') || kinds.has('discard')
  return refused && ((kinds.has('reject') && kinds.has('discard')) || [...kinds].some((kind) => !['reject', 'discard', 'notify', 'stop'].includes(kind)))
}
