import { queryOptions } from '@tanstack/react-query'
import { cache, readAgain } from '@/shared/api/cache'
import { api } from '@/shared/api/client'
import type { Away, AwayNow, BuiltRules, Rule, RuleStep, RuleTrial, ScriptProblem } from '@/shared/api/types'

const of = (mailbox: string) => `/mailboxes/${mailbox}`

/** Read anew when it is opened: a mail program may have changed the script in force. */
export function rulesQuery(mailbox: string) {
  return queryOptions({
    queryKey: ['rules', mailbox],
    queryFn: ({ signal }) => api.get<BuiltRules>(`${of(mailbox)}/rules`, { signal }),
    staleTime: 0,
  })
}

export const awayQuery = queryOptions({
  queryKey: ['away'],
  queryFn: ({ signal }) => api.get<{ items: AwayNow[] }>('/away', { signal }),
})

export interface Built {
  rules: readonly Rule[]
  away: Away | null
}

/** Puts these in force. `replace` takes a script that was written by hand out of force; it is kept. */
export async function saveRules(mailbox: string, before: BuiltRules, built: Built, replace = false): Promise<BuiltRules> {
  const saved = await api.put<BuiltRules>(`${of(mailbox)}/rules`, { ...built, revision: before.revision, replace })
  cache.setQueryData(rulesQuery(mailbox).queryKey, saved)
  await readAgain(['away'])
  return saved
}

/** Everything as it was `before`, also which script was in force. */
export async function takeBack(mailbox: string, before: BuiltRules, saved: BuiltRules): Promise<void> {
  await saveRules(mailbox, saved, before, true)
  // The page's own script, changed by hand, had to make way for itself.
  if (before.by === 'hand' && before.active !== null && before.active === saved.active) await saveScript(mailbox, before.active, before.text ?? '')
  if (before.by !== 'page') await activate(mailbox, before.active)
}

export async function activate(mailbox: string, name: string | null): Promise<void> {
  await api.put(`${of(mailbox)}/active-script`, { name })
  await readAgain(['rules', mailbox], ['away'])
}

export async function saveScript(mailbox: string, name: string, content: string): Promise<void> {
  await api.put(`${of(mailbox)}/script`, { content }, { query: { name } })
  await readAgain(['rules', mailbox], ['away'])
}

export async function problemsOf(content: string): Promise<ScriptProblem[]> {
  return (await api.post<{ problems: ScriptProblem[] }>('/scripts/check', { content })).problems
}

export function tryRule(mailbox: string, rule: Rule): Promise<RuleTrial> {
  return api.post<RuleTrial>(`${of(mailbox)}/rules/trial`, { rules: [rule] })
}

/** One step of a rule over a folder; the next one begins at `before`. */
export function runStep(mailbox: string, rule: Rule, folder: string, before: number | null): Promise<RuleStep> {
  return api.post<RuleStep>(`${of(mailbox)}/rules/run`, { rule, folder, before })
}

/** Takes back what steps did, the last one first. */
export async function takeStepsBack(steps: readonly RuleStep[]): Promise<void> {
  for (const step of [...steps].reverse()) for (const acts of step.undo) await api.post('/threads/acts', acts)
  await readAgain(['threads'], ['me'])
}

export function suggestionQuery(mailbox: string, message: string) {
  return queryOptions({
    queryKey: ['rules', mailbox, 'suggestion', message],
    queryFn: ({ signal }) => api.get<Rule>(`${of(mailbox)}/rules/suggestion`, { query: { message }, signal }),
  })
}
