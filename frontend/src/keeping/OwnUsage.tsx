import { useQuery } from '@tanstack/react-query'
import { t } from '@/shared/i18n'
import { Row } from '@/settings/Row'
import { usageQuery } from './data'
import { Meter } from './Meter'

/** What one's own mailbox holds, and those one looks after. Nothing is said while it is not known. */
export function OwnUsage() {
  const query = useQuery(usageQuery)
  if (!query.data) return null
  return query.data.items.map((each) => (
    <Row key={each.mailbox_id} label={t('keeping.used')} hint={each.address}>
      <Meter usage={each} />
    </Row>
  ))
}
