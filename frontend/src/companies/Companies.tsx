import { useInfiniteQuery } from '@tanstack/react-query'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { IconBuilding } from '@tabler/icons-react'
import { useCallback, useState } from 'react'
import type { CompanyRow } from '@/shared/api/types'
import { t } from '@/shared/i18n'
import { shortTime } from '@/shared/i18n/format'
import { useActs } from '@/shared/keys/dispatch'
import { useTitle } from '@/shared/shell/title'
import { Avatar } from '@/shared/widgets/Avatar'
import { Directory, type DirectoryRow } from '@/shared/widgets/Directory'
import { companiesQuery } from './data'
import { NewCompany } from './NewCompany'

export function Companies() {
  useTitle(t('act.go.companies'))
  const { q = '' } = useSearch({ from: '/frame/companies' })
  const navigate = useNavigate()
  const query = useInfiniteQuery(companiesQuery(q))
  const rows = (query.data?.pages.flatMap((page) => page.items) ?? []).map(rowOf)
  const open = useCallback((id: string) => void navigate({ to: '/companies/$company', params: { company: id } }), [navigate])
  const [making, setMaking] = useState(false)
  useActs({ 'write.company': () => setMaking(true) })
  return (
    <>
      <Directory
        title={t('act.go.companies')}
        columns={[t('contacts.name'), t('companies.domains'), t('companies.people'), t('contacts.last')]}
        icon={IconBuilding}
        empty={t(q ? 'companies.noneFound' : 'companies.none')}
        failed={t('companies.failed')}
        query={query}
        rows={rows}
        q={q}
        onSearch={(next) => void navigate({ to: '/companies', search: next ? { q: next } : {}, replace: true })}
        onOpen={open}
        make="write.company"
      />
      <NewCompany open={making} onClose={() => setMaking(false)} />
    </>
  )
}

function rowOf(company: CompanyRow): DirectoryRow {
  return {
    id: company.id,
    label: company.name,
    cells: [
      <>
        <Avatar name={company.name} kin={company.domains[0]} size={24} />
        <strong>{company.name}</strong>
      </>,
      company.domains.join(t('common.comma')),
      t('companies.contacts', { count: company.contacts }),
      company.last_at ? <time dateTime={company.last_at}>{shortTime(company.last_at)}</time> : '',
    ],
  }
}
