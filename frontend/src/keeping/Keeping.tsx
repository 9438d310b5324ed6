import { Holds } from './Holds'
import { Limits } from './Limits'
import { Retention } from './Retention'

/** How much mail a mailbox may hold, how long it stays, and what must not be erased. */
export function Keeping() {
  return (
    <>
      <Limits />
      <Retention />
      <Holds />
    </>
  )
}
