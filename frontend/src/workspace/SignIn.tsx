import { useQuery } from '@tanstack/react-query'
import { readAgain } from '@/shared/api/cache'
import { api } from '@/shared/api/client'
import { asProblem } from '@/shared/api/problem'
import type { SignInPolicy } from '@/shared/api/types'
import { t } from '@/shared/i18n'
import { Row } from '@/settings/Row'
import { Switch } from '@/shared/widgets/Field'
import { Bone, Trouble, Waiting } from '@/shared/widgets/States'
import { complain, say } from '@/shared/widgets/undo'

/** What the workspace wants of those who sign in. */
export function SignIn() {
  const query = useQuery({ queryKey: ['sign-in-policy'], queryFn: () => api.get<SignInPolicy>('/workspace/sign-in') })
  if (query.isPending) {
    return (
      <Waiting>
        <Bone height={56} />
      </Waiting>
    )
  }
  if (query.isError) return <Trouble what={t('signInPolicy.failed')} error={query.error} onRetry={() => void query.refetch()} />
  return (
    <Row label={t('signInPolicy.appPasswords')} hint={t('signInPolicy.appPasswordsHint')}>
      <Switch label={t('signInPolicy.appPasswords')} checked={query.data.app_passwords_required} onChange={(wanted) => void want(wanted)} />
    </Row>
  )
}

async function want(required: boolean): Promise<void> {
  try {
    await api.put<SignInPolicy>('/workspace/sign-in', { app_passwords_required: required })
    say(t('settings.saved'))
  } catch (error) {
    complain(`${t('settings.notSaved')} ${asProblem(error).detail}`.trim())
  }
  await readAgain(['sign-in-policy'], ['app-passwords'])
}
