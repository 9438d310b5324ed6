import { useQueries, useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useState, type ReactNode } from 'react'
import { useMe } from '@/shared/api/me'
import type { Certificate as Certified, DomainChecks, Machine } from '@/shared/api/types'
import { asProblem } from '@/shared/api/problem'
import { t } from '@/shared/i18n'
import { farDay } from '@/shared/i18n/format'
import { Copyable } from '@/shared/widgets/Copyable'
import { Bone, Trouble, Waiting } from '@/shared/widgets/States'
import { checksQuery, domainsQuery } from '@/workspace/data'
import { Domains } from '@/workspace/Domains'
import { Certificate } from './Certificate'
import { certificateQuery, isUnderWay, keptTrial, machineQuery } from './data'
import { Ports } from './Ports'
import { settingsFile, usualName } from './settingsFile'
import { Step, type StepState } from './Step'
import { Trial } from './Trial'
import styles from './SetUp.module.css'

/** From a house that has just been taken to its first mail. Every step says how it stands; none is lost by leaving. */
export function SetUp() {
  const machine = useQuery(machineQuery)
  const certificate = useQuery(certificateQuery)
  const domains = useQuery(domainsQuery)
  const names = domains.data?.items ?? []
  const checks = useQueries({ queries: names.map((name) => checksQuery(name)) })
  const member = useMe().member_id
  const [tried, setTried] = useState(() => keptTrial(member) !== null)
  const [first, setFirst] = useState<string | null>(null)
  if (machine.isPending) {
    return (
      <Waiting>
        <Bone height={240} />
      </Waiting>
    )
  }
  if (machine.isError && asProblem(machine.error).kind === 'denied') return <p className={styles.hint}>{t('setup.othersRun')}</p>
  if (machine.isError) return <Trouble what={t('setup.failed')} error={machine.error} onRetry={() => void machine.refetch()} />
  const steps = stepsOf(machine.data, certificate.data, names[0], checks.map((each) => each.data), tried, setTried)
  // The first thing to be done lies open, and stays so: chosen once, when all have answered.
  const answered = !certificate.isPending && !domains.isPending && checks.every((each) => !each.isPending)
  if (answered && first === null) setFirst(steps.find((step) => step.state === 'open')?.key ?? '')
  return (
    <>
      <p className={styles.hint}>{t('setup.hint')}</p>
      <ol className={styles.steps}>
        {steps.map(({ key, state, now, page }) => (
          <Step key={key} title={t(`setup.${key}`)} now={now} state={state} first={key === first}>
            {page}
          </Step>
        ))}
      </ol>
    </>
  )
}

interface StepOf {
  key: 'name' | 'dns' | 'ports' | 'certificate' | 'trial' | 'programs'
  state: StepState
  now: string
  page: ReactNode
}

function stepsOf(
  machine: Machine,
  certificate: Certified | undefined,
  domain: string | undefined,
  checks: readonly (DomainChecks | undefined)[],
  tried: boolean,
  setTried: (tried: boolean) => void,
): StepOf[] {
  const bad = checks.flatMap((each) => each?.items ?? []).filter((check) => check.state === 'bad').length
  const asked = checks.length > 0 && checks.every(Boolean)
  const near = machine.listeners.filter((each) => each.reach === 'machine')
  return [
    {
      key: 'name',
      state: machine.named ? 'done' : 'open',
      now: machine.named ? machine.hostname : t('setup.noName'),
      page: <Name machine={machine} domain={domain} />,
    },
    {
      key: 'dns',
      state: asked ? (bad === 0 ? 'done' : 'open') : 'later',
      now: asked ? (bad === 0 ? t('domains.good') : t('domains.bad', { count: bad })) : t('setup.asking'),
      page: <Domains />,
    },
    {
      key: 'ports',
      state: near.length === 0 ? 'done' : 'open',
      now: near.length === 0 ? t('setup.heard') : t('setup.onlyHere', { count: near.length }),
      page: <Ports machine={machine} />,
    },
    {
      key: 'certificate',
      ...nowOf(certificate),
      page: <Certificate machine={machine} />,
    },
    { key: 'trial', state: tried ? 'done' : 'open', now: t(tried ? 'setup.tried' : 'setup.notTried'), page: <Trial onTried={setTried} /> },
    { key: 'programs', state: 'later', now: t('setup.programsNow'), page: <Programs /> },
  ]
}

function nowOf(certificate: Certified | undefined): { state: StepState; now: string } {
  if (certificate === undefined) return { state: 'later', now: t('setup.asking') }
  const { wish, self_signed: ours, covers_hostname: fits, not_after: until } = certificate
  if (!ours && fits && new Date(until) > new Date()) return { state: 'done', now: t('setup.certified', { when: farDay(until) }) }
  if (isUnderWay(certificate)) return { state: 'open', now: t('setup.underWay') }
  return { state: 'open', now: t(wish?.problem ? 'setup.notIssued' : ours ? 'setup.selfSigned' : 'setup.otherName') }
}

function Name({ machine, domain }: { machine: Machine; domain: string | undefined }) {
  const name = usualName(machine, domain)
  return (
    <>
      <p>{t('setup.nameWords', { name })}</p>
      <Copyable text={settingsFile(name, machine.listeners)} label={t('setup.copyFile')} />
      <p className={styles.small}>{t('setup.nameAfter', { name })}</p>
    </>
  )
}

function Programs() {
  return (
    <p>
      {t('setup.programsWords')}{' '}
      <Link to="/settings/$section" params={{ section: 'programs' }} className={styles.link}>
        {t('settings.programs')}
      </Link>
    </p>
  )
}
