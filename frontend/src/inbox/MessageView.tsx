import {
  IconAlertTriangle,
  IconChevronDown,
  IconCornerUpLeft,
  IconDots,
  IconExternalLink,
  IconFilter,
  IconPencil,
  IconPhoto,
  IconShieldCheck,
  IconShieldQuestion,
  IconShieldX,
} from '@tabler/icons-react'
import { useMutation } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useMemo, useState } from 'react'
import type { Mode } from '@/composer/store'
import { useRuled } from '@/rules/mailbox'
import { address } from '@/shared/api/client'
import type { Authentication, Message, Person } from '@/shared/api/types'
import { t } from '@/shared/i18n'
import { fullTime, messageTime } from '@/shared/i18n/format'
import { useActs } from '@/shared/keys/dispatch'
import { acts } from '@/shared/keys/table'
import { Avatar } from '@/shared/widgets/Avatar'
import { kinOf } from '@/shared/widgets/kin'
import { Button, IconButton } from '@/shared/widgets/Button'
import { classes } from '@/shared/widgets/classes'
import { Menu, MenuItem, MenuLine } from '@/shared/widgets/Menu'
import { Tag } from '@/shared/widgets/Tag'
import { FileCards } from './FileCards'
import { withImages } from './data'
import { textPage } from './frame'
import { MailFrame } from './MailFrame'
import { apart, nameOf } from './people'
import { divideHtml, divideText } from './quote'
import { WhyJunk } from './WhyJunk'
import styles from './MessageView.module.css'

interface Props {
  message: Message
  last: boolean
  startOpen: boolean
  onAnswer: (mode: Mode) => void
  /** Left in Drafts by a mail program, and ours to write on. */
  onContinue: (() => void) | undefined
}

/** One message: open, or one line. */
export function MessageView({ message, last, startOpen, onAnswer, onContinue }: Props) {
  const [open, setOpen] = useState(startOpen)
  const toggle = last ? undefined : () => setOpen(!open)
  if (!open) {
    return (
      <button type="button" className={classes(styles.message, styles.closed)} aria-expanded="false" onClick={() => setOpen(true)}>
        <Avatar name={nameOf(message.from)} kin={kinOf(message.from.address)} size={24} />
        <span className={styles.name}>{nameOf(message.from)}</span>
        <span className={styles.summary}>{message.summary}</span>
        <time className={styles.time} dateTime={message.at} title={fullTime(message.at)}>
          {messageTime(message.at)}
        </time>
      </button>
    )
  }
  return (
    <section className={styles.message} aria-label={t('inbox.messageFrom', { name: nameOf(message.from) })}>
      <Head message={message} onFold={toggle} onAnswer={onAnswer} />
      <Warning message={message} />
      <WhyJunk message={message} />
      <DeliveryNote message={message} />
      {message.level === 'full' ? (
        <>
          <Body message={message} last={last} />
          <FileCards files={message.attachments} />
        </>
      ) : (
        <p className={styles.withheld}>{t('inbox.withheld')}</p>
      )}
      {onContinue ? (
        <Button look="main" icon={IconPencil} className={styles.continue} onClick={onContinue}>
          {t('inbox.continueDraft')}
        </Button>
      ) : null}
    </section>
  )
}

function Head({ message, onFold, onAnswer }: { message: Message; onFold: (() => void) | undefined; onAnswer: (mode: Mode) => void }) {
  const [details, setDetails] = useState(false)
  return (
    <header className={styles.head}>
      <Avatar name={nameOf(message.from)} kin={kinOf(message.from.address)} />
      <div className={styles.heading}>
        <div className={styles.line}>
          <span className={styles.name}>{nameOf(message.from)}</span>
          <span className={styles.address}>{message.from.address}</span>
          <AuthBadge result={message.authentication} outgoing={message.outgoing} />
        </div>
        <button type="button" className={styles.to} aria-expanded={details} onClick={() => setDetails(!details)}>
          <span className={styles.toWords}>{t('inbox.to', { names: [...message.to, ...message.cc].map((person) => apart(nameOf(person))).join(t('common.comma')) })}</span>
          <IconChevronDown size={12} aria-hidden />
        </button>
        {details ? <Details message={message} /> : null}
      </div>
      <time className={styles.time} dateTime={message.at} title={fullTime(message.at)}>
        {messageTime(message.at)}
      </time>
      <div className={styles.tools}>
        {message.draft ? null : <IconButton icon={IconCornerUpLeft} size={16} label={t('act.thread.reply')} onClick={() => onAnswer('reply')} />}
        <Menu align="end" trigger={<IconButton icon={IconDots} size={16} label={t('common.more')} />}>
          <MenuItem icon={acts['thread.replyAll'].icon} onSelect={() => onAnswer('replyAll')}>
            {t('act.thread.replyAll')}
          </MenuItem>
          <MenuItem icon={acts['thread.forward'].icon} onSelect={() => onAnswer('forward')}>
            {t('act.thread.forward')}
          </MenuItem>
          <MenuLine />
          <RuleItem message={message} />
          <MenuItem icon={IconExternalLink} onSelect={() => window.open(address(`/messages/${message.id}/raw`), '_blank', 'noopener')}>
            {t('inbox.original')}
          </MenuItem>
          {onFold ? (
            <MenuItem icon={IconChevronDown} onSelect={onFold}>
              {t('inbox.fold')}
            </MenuItem>
          ) : null}
        </Menu>
      </div>
    </header>
  )
}

/** A rule for mail like this, by those who may change the mailbox's rules. */
function RuleItem({ message }: { message: Message }) {
  const navigate = useNavigate()
  const mailbox = useRuled().find((each) => each.id === message.mailbox_id)
  if (!mailbox || message.outgoing || message.draft) return null
  return (
    <MenuItem
      icon={IconFilter}
      onSelect={() => void navigate({ to: '/settings/$section', params: { section: 'rules' }, search: { mailbox: mailbox.address, message: message.id } })}
    >
      {t('rules.fromMail')}
    </MenuItem>
  )
}

function Details({ message }: { message: Message }) {
  const lines: [string, readonly Person[]][] = [
    [t('mail.from'), [message.from]],
    [t('mail.replyTo'), message.reply_to],
    [t('mail.to'), message.to],
    [t('mail.cc'), message.cc],
    [t('mail.bcc'), message.bcc],
  ]
  const result = message.authentication
  return (
    <dl className={styles.details}>
      {lines.map(([label, people]) =>
        people.length > 0 ? (
          <div key={label} className={styles.detail}>
            <dt>{label}</dt>
            <dd>
              {people.map((person) => (
                <span key={person.address} className={styles.person}>
                  {person.name ? <bdi>{person.name} </bdi> : null}
                  <bdi className={styles.address}>{person.address}</bdi>
                </span>
              ))}
            </dd>
          </div>
        ) : null,
      )}
      <div className={styles.detail}>
        <dt>{t('mail.date')}</dt>
        <dd>{fullTime(message.at)}</dd>
      </div>
      {result ? (
        <div className={styles.detail}>
          <dt>{t('mail.proof')}</dt>
          <dd>
            SPF {result.spf} · DKIM {result.dkim} · DMARC {result.dmarc}
            {result.arc === 'none' ? null : <> · ARC {result.arc}</>}
            {result.sealers.length > 0 ? <span className={styles.sealers}>{t('auth.sealers', { domains: result.sealers.join(' → ') })}</span> : null}
          </dd>
        </div>
      ) : null}
    </dl>
  )
}

/** Whether the sender is who he says. Quiet when all is well. */
function AuthBadge({ result, outgoing }: { result: Authentication | null; outgoing: boolean }) {
  if (outgoing || !result) return null
  if (result.verdict === 'pass') {
    const words = result.vouched_by ? t('auth.vouchedLong', { domain: result.domain, by: result.vouched_by }) : t('auth.passLong', { domain: result.domain })
    return (
      <span className={styles.proven} title={words}>
        <IconShieldCheck size={14} stroke={1.75} role="img" aria-label={words} />
      </span>
    )
  }
  const failed = result.verdict === 'fail'
  return (
    <Tag tone="amber" icon={failed ? IconShieldX : IconShieldQuestion} title={t(failed ? 'auth.failLong' : 'auth.noneLong', { domain: result.domain })}>
      {t(failed ? 'auth.fail' : 'auth.none')}
    </Tag>
  )
}

/** A sender who fails his own domain's checks is told in words: it is how people are robbed. */
function Warning({ message }: { message: Message }) {
  const result = message.authentication
  if (message.outgoing || result?.verdict !== 'fail') return null
  return (
    <p className={styles.notice} data-tone="amber">
      <IconAlertTriangle size={16} stroke={1.75} aria-hidden />
      <span>{t('auth.failLong', { domain: result.domain })}</span>
    </p>
  )
}

function said(reason: Message['recipients'][number]['reason']) {
  return reason && reason !== 'unknown' ? t(`reason.${reason}`) : ''
}

function DeliveryNote({ message }: { message: Message }) {
  const { delivery, send_at: sendAt } = message
  if (!message.outgoing || !delivery || delivery === 'sent') return null
  const words = t(`delivery.${delivery}`, { when: sendAt ? messageTime(sendAt) : '' })
  const waiting = message.recipients.filter((recipient) => recipient.state === 'failed' || recipient.state === 'deferred')
  return (
    <p className={styles.notice} data-tone={delivery === 'failed' ? 'red' : delivery === 'deferred' ? 'amber' : undefined}>
      {delivery === 'failed' || delivery === 'deferred' ? <IconAlertTriangle size={16} stroke={1.75} aria-hidden /> : null}
      <span>
        {words}
        {waiting.map((recipient) => (
          <span key={recipient.address} className={styles.reply}>
            {recipient.address}: {said(recipient.reason)} {recipient.reply}
          </span>
        ))}
      </span>
    </p>
  )
}

function Body({ message, last }: { message: Message; last: boolean }) {
  const images = useMutation({ mutationFn: () => withImages(message.id) })
  const shown = images.data ?? message
  const [quote, setQuote] = useState(false)
  const { fresh, quoted } = useMemo(() => bodyOf(shown), [shown])
  const blocked = !images.data && message.remote_images > 0
  useActs({ 'thread.images': last && blocked ? () => images.mutate() : undefined })
  const title = t('inbox.messageFrom', { name: nameOf(message.from) })
  return (
    <div className={styles.body}>
      {blocked ? (
        <div className={styles.notice}>
          <IconPhoto size={16} stroke={1.75} aria-hidden />
          <span className={styles.noticeWords}>
            {images.isError ? t('inbox.imagesFailed') : t('inbox.imagesBlocked', { count: message.remote_images })}
          </span>
          <Button look="quiet" keys={last ? 'i' : undefined} busy={images.isPending} onClick={() => images.mutate()}>
            {t('inbox.showImages')}
          </Button>
        </div>
      ) : null}
      <MailFrame html={fresh} title={title} />
      {quoted ? (
        <>
          <button type="button" className={styles.quote} aria-expanded={quote} onClick={() => setQuote(!quote)}>
            <IconDots size={16} aria-hidden />
            <span className="hidden-visually">{t(quote ? 'inbox.hideQuote' : 'inbox.showQuote')}</span>
          </button>
          {quote ? <MailFrame html={quoted} title={t('inbox.quoteOf', { name: nameOf(message.from) })} /> : null}
        </>
      ) : null}
    </div>
  )
}

function bodyOf(message: Message): { fresh: string; quoted: string } {
  if (message.html !== null) return divideHtml(message.html)
  const { fresh, quoted } = divideText(message.text ?? '')
  return { fresh: textPage(fresh), quoted: quoted && textPage(quoted) }
}

