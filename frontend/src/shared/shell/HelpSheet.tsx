import { Fragment } from 'react'
import { t } from '@/shared/i18n'
import { actIds, acts, type Group } from '@/shared/keys/table'
import { Dialog, DialogBody } from '@/shared/widgets/Dialog'
import { Kbd } from '@/shared/widgets/Kbd'
import { hide, useOverlays } from './overlays'
import styles from './HelpSheet.module.css'

const GROUPS: readonly Group[] = ['thread', 'write', 'go', 'queue', 'page']

/** Every key of the table, by group. */
export function HelpSheet() {
  const open = useOverlays((state) => state.help)
  return (
    <Dialog open={open} onClose={() => hide('help')} title={t('shell.helpTitle')} wide>
      <DialogBody>
        <div className={styles.columns}>
          {GROUPS.map((group) => (
            <section key={group} className={styles.group}>
              <h3 className={styles.heading}>{t(`keys.${group}`)}</h3>
              <dl className={styles.list}>
                {actIds
                  .filter((id) => acts[id].group === group && acts[id].keys.length > 0)
                  .map((id) => (
                    <Fragment key={id}>
                      <dt>{t(`act.${id}`)}</dt>
                      <dd>{acts[id].keys[0] ? <Kbd keys={acts[id].keys[0]} /> : null}</dd>
                    </Fragment>
                  ))}
              </dl>
            </section>
          ))}
        </div>
      </DialogBody>
    </Dialog>
  )
}
