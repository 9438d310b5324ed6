import type { Folder, Rule } from '@/shared/api/types'
import { t } from '@/shared/i18n'
import { folderLabel } from '@/shared/shell/folders'

export type Condition = Rule['conditions'][number]
export type Action = Rule['actions'][number]
export type Field = Condition['field']
export type Test = Condition['test']
export type ActionKind = Action['kind']

const TEXT: readonly Test[] = ['contains', 'not_contains', 'is', 'is_not']

/** What can be asked of each part of a mail, the usual question first. */
export const TESTS: Record<Field, readonly Test[]> = {
  from: TEXT,
  to: TEXT,
  subject: TEXT,
  body: ['contains', 'not_contains'],
  list: ['exists', 'exists_not', 'contains', 'not_contains'],
  size: ['over', 'under'],
  header: [...TEXT, 'exists', 'exists_not'],
}

export const FIELDS = Object.keys(TESTS) as Field[]

export const ACTIONS: readonly ActionKind[] = ['move', 'copy', 'flag', 'read', 'forward', 'redirect', 'reject', 'discard', 'stop']

export const needsWords = (condition: Condition) => condition.field !== 'size' && !condition.test.startsWith('exists')
export const needsFolder = (kind: ActionKind) => kind === 'move' || kind === 'copy'
export const needsAddress = (kind: ActionKind) => kind === 'forward' || kind === 'redirect'

export function newCondition(field: Field = 'from'): Condition {
  const test = TESTS[field][0] ?? 'contains'
  return { field, test, values: [], header: '', size: field === 'size' ? 5 * 1024 : 0 }
}

export function newRule(): Rule {
  return { on: true, match: 'all', conditions: [newCondition()], actions: [{ kind: 'move', value: '' }, { kind: 'stop', value: '' }] }
}

/** Another field keeps what still makes sense. */
export function withField(condition: Condition, field: Field): Condition {
  const next = newCondition(field)
  return { ...next, test: TESTS[field].includes(condition.test) ? condition.test : next.test, values: condition.values }
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
  const test = t(`rules.test.${condition.test}`)
  return t('rules.told', { field, test, values: valuesInWords(condition) }).trim()
}

function valuesInWords(condition: Condition): string {
  if (condition.field === 'size') return sizeInWords(condition.size)
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
    return !needsWords(each) || each.values.length > 0
  })
  const does = rule.actions.every(({ kind, value }) => !(needsFolder(kind) || needsAddress(kind) || kind === 'reject') || value.trim() !== '')
  return asks && does && rule.actions.length > 0
}

/** Nobody is told that a mail was refused that was kept or sent on (RFC 5429 2.1). */
export function contradicts(rule: Rule): boolean {
  const kinds = new Set(rule.actions.map((action) => action.kind))
  const refused = kinds.has('reject') || kinds.has('discard')
  return refused && ((kinds.has('reject') && kinds.has('discard')) || [...kinds].some((kind) => !['reject', 'discard', 'stop'].includes(kind)))
}
