import type { MailServer, MailServers } from '@/shared/api/types'
import { t } from '@/shared/i18n'
import { Select, TextField } from '@/shared/widgets/Field'
import styles from './Accounts.module.css'
import { PORTS, withSecurity, type Fetching } from './servers'

export const LABELS: Record<MailServer['security'], string> = { tls: 'SSL/TLS', starttls: 'STARTTLS', plain: '–' }
const WAYS: readonly MailServer['security'][] = ['tls', 'starttls']

interface Props {
  kind: Fetching
  servers: MailServers
  onChange: (servers: MailServers) => void
}

/** The servers by hand: for who knows better than what was found. */
export function ServerFields({ kind, servers, onChange }: Props) {
  const { incoming, login } = servers
  return (
    <div className={styles.servers}>
      <Server label={t(`accounts.protocol.${kind}`)} protocol={kind} server={incoming} onChange={(next) => onChange({ ...servers, incoming: next })} />
      <TextField
        label={t('accounts.login')}
        hint={kind === 'ews' ? t('accounts.loginOfExchange') : undefined}
        value={login}
        spellCheck={false}
        autoComplete="off"
        onChange={(event) => onChange({ ...servers, login: event.target.value })}
      />
      {kind === 'ews' ? null : <Sending servers={servers} onChange={onChange} />}
    </div>
  )
}

function Sending({ servers, onChange }: Omit<Props, 'kind'>) {
  const { incoming, outgoing } = servers
  return (
    <>
      {outgoing ? <Server label={t('accounts.protocol.smtp')} protocol="smtp" server={outgoing} onChange={(next) => onChange({ ...servers, outgoing: next })} /> : null}
      <label className={styles.check}>
        <input
          type="checkbox"
          checked={outgoing === null}
          onChange={(event) => onChange({ ...servers, outgoing: event.target.checked ? null : { host: incoming.host.replace(/^(imap|pop3?)\./, 'smtp.'), port: PORTS.smtp.tls, security: 'tls', path: '' } })}
        />
        {t('accounts.onlyReceive')}
      </label>
    </>
  )
}

interface ServerProps {
  label: string
  protocol: keyof typeof PORTS
  server: MailServer
  onChange: (server: MailServer) => void
}

function Server({ label, protocol, server, onChange }: ServerProps) {
  return (
    <fieldset className={styles.server}>
      <legend>{label}</legend>
      <TextField label={t('accounts.host')} value={server.host} spellCheck={false} autoComplete="off" onChange={(event) => onChange({ ...server, host: event.target.value.trim() })} />
      <TextField
        label={t('accounts.port')}
        value={String(server.port)}
        inputMode="numeric"
        autoComplete="off"
        onChange={(event) => onChange({ ...server, port: Number(event.target.value.replace(/\D/g, '')) })}
      />
      {protocol === 'ews' ? (
        <TextField
          label={t('accounts.path')}
          value={server.path}
          placeholder="/EWS/Exchange.asmx"
          spellCheck={false}
          autoComplete="off"
          onChange={(event) => onChange({ ...server, path: event.target.value.trim() })}
        />
      ) : (
        <Select
          label={`${label}: ${t('accounts.security')}`}
          value={server.security}
          choices={WAYS.map((way) => ({ value: way, label: LABELS[way] }))}
          onChange={(way) => onChange(withSecurity(server, protocol, way))}
        />
      )}
    </fieldset>
  )
}
