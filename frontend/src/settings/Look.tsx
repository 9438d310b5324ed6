import { IconDeviceDesktop, IconMoon, IconSun } from '@tabler/icons-react'
import { changeMe } from '@/shared/api/me'
import type { Theme } from '@/shared/api/types'
import { t } from '@/shared/i18n'
import { useLook } from '@/shared/look/look'
import { Segmented, Switch } from '@/shared/widgets/Field'
import { complain } from '@/shared/widgets/undo'
import { Row } from './Row'

export function Look() {
  const look = useLook()
  const choose = (theme: Theme) => {
    look.set({ theme })
    void changeMe({ theme }).catch(() => complain(t('settings.notSaved')))
  }
  return (
    <>
      <Row label={t('settings.theme')}>
        <Segmented
          label={t('settings.theme')}
          value={look.theme}
          choices={[
            { value: 'system', label: t('theme.system'), icon: IconDeviceDesktop },
            { value: 'light', label: t('theme.light'), icon: IconSun },
            { value: 'dark', label: t('theme.dark'), icon: IconMoon },
          ]}
          onChange={choose}
        />
      </Row>
      <Row label={t('settings.density')} hint={t('settings.densityHint')}>
        <Switch label={t('settings.density')} checked={look.density === 'compact'} onChange={(compact) => look.set({ density: compact ? 'compact' : 'comfortable' })} />
      </Row>
      <Row label={t('settings.panel')} hint={t('settings.panelHint')}>
        <Switch label={t('settings.panel')} checked={look.customerOpen} onChange={(customerOpen) => look.set({ customerOpen })} />
      </Row>
    </>
  )
}
