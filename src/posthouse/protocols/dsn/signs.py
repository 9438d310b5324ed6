"""How a report in words is told from ordinary mail: its sender, its title, how it opens."""

from __future__ import annotations

import re

from posthouse.protocols.mime.headers import addresses, subject
from posthouse.protocols.mime.model import Scan

_SURE_ROBOT = re.compile(r"(?:mailer[-_.]?daemon|post_?master)@", re.IGNORECASE)
_ROBOT = re.compile(
    r"(?:mailer[-_.]?daemon|post_?master|mail\.delivery\.system|mail-?daemon|mailsystem|mmdf"
    r"|admin-?ndr|sysadmin|exchange|mdaemon|bounces?|root|[a-z-]*-admin|no-?reply)\b",
    re.IGNORECASE,
)
_ROBOT_NAME = re.compile(
    r"mail(?:er)? deliver|mail administrator|system administrator|mailer-daemon|postmaster"
    r"|interscan|退信",
    re.IGNORECASE,
)
_TITLE = re.compile(
    r"undeliver|delivery (?:status|fail|report|notif|problem|has|error|delay)|delayed mail"
    r"|returned mail|returned to sender|mail (?:delivery|system error|could not|failure|failed)"
    r"|failure (?:notice|delivery)|could not be delivered|not delivered|non[- ]?deliver"
    r"|unable to deliver|message (?:delivery|status|undeliverable|not delivered|could not)"
    r"|rejected mail|permanent (?:delivery|fatal)|error sending your mail|are not member"
    r"|loop alert|bounce|warning: (?:could not|message)"
    r"|unzustellbar|nicht zugestellt|zustellfehler|non remis|non distribu|non délivr"
    r"|échec de (?:la )?(?:remise|livraison|distribution)|error en la entrega|no entregad"
    r"|no se (?:puede|pudo) entregar|mancata consegna|non (?:consegnat|recapitabil)"
    r"|impossibile recapitare|falha na entrega|não (?:foi )?entregue|não é possível entregar"
    r"|onbestelbaar|niet bezorgd|niedostarczon|nie dostarczono|nedoručen|nedoručiteln"
    r"|kézbesíthetetlen|nelivrabil|olevererbar|kunde inte levereras|kan ikke leveres"
    r"|teslim edilemedi|недоставлен|не доставлен|не может быть доставлен"
    r"|전송 실패|배달되지|반송"
    r"|退信|无法投递|投递失败|投递延迟|未送达|未能送达|邮件退回|发送失败"
    r"|配信エラー|送信できません|配信できません|届けられません|転送できません|メールエラー|エラー通知",
    re.IGNORECASE,
)
_OPENING = re.compile(
    r"error delivering|incorrectly constructed|delivery failed"
    r"|could(?: not|n't) (?:be delivered|deliver)|unable to deliver|was(?: not|n't) delivered"
    r"|not be delivered|wasn't able to deliver|cannot be delivered"
    r"|delivery (?:to|has) [^\n]{0,80}failed|permanent (?:fatal )?errors"
    r"|had (?:permanent )?delivery (?:problem|err)"
    r"|did not reach|delivery (?:time|failed|failure)|undeliverable|transcript of session"
    r"|trouble delivering|has been delayed|rejected by a remote|failure reasons"
    r"|error (?:has )?(?:occurred|message)|mailbox exceeds|you are not a member"
    r"|duplicated message|group you tried to contact"
    r"|无法(?:送达|投递|发送)|未能(?:送达|投递)|退信|被退回|送信できません|届けできません"
    r"|не (?:может быть|было) доставлено|не удалось доставить|不存在"
    r"|nicht zugestellt|nicht zustellen|konnte nicht an|pas pu être (?:remis|distrib|livr)"
    r"|no se (?:pudo|puede|ha podido) entregar|no pudo ser entregad"
    r"|impossibile (?:recapitare|consegnare)|non è stato (?:possibile )?(?:consegn|recapit)"
    r"|não (?:pôde|foi possível|pode) (?:ser )?entreg|kon niet worden (?:bezorgd|afgeleverd)"
    r"|nie można dostarczyć|nie została dostarczona|nelze doručit|nebyla doručena"
    r"|kunde inte levereras|kunne ikke leveres|teslim edilemedi|iletilemedi"
    r"|전송하지 못|배달할 수 없|배달되지|配信できません|届きません",
    re.IGNORECASE,
)
_DELAYED = re.compile(
    r"delayed|will (?:keep|continue)|still being|warning (?:message )?only|will be retried"
    r"|temporary failure report|延迟",
    re.IGNORECASE,
)
_PERMANENT = re.compile(r"permanent|given up|giving up", re.IGNORECASE)
_HOST = re.compile(
    r"\b(?:host|server|while talking to|from|by)[ :<]{1,3}"
    r"((?:[a-z0-9](?:[a-z0-9-]{0,62})\.){1,8}[a-z]{2,24})\b",
    re.IGNORECASE,
)
_HEAD = 2000


def may_be_report(scan: Scan) -> bool:
    """Two signs of five: its sender is a robot, a sure one, its title, null return path, type."""
    if scan.header(b"x-failed-recipients") is not None:
        return True
    path = scan.header(b"return-path")
    null = path is not None and path.strip() == b"<>"
    report = scan.root.mime_type == "multipart/report"
    senders = addresses(scan, b"from")[:2]
    robot = not senders or any(
        _ROBOT.match(who.address) or _ROBOT_NAME.search(who.name) for who in senders
    )
    sure = any(_SURE_ROBOT.match(who.address) for who in senders)
    others = robot + sure + null + report
    return others >= 2 or (others == 1 and has_title(scan))  # the title costs most


def has_title(scan: Scan) -> bool:
    return _TITLE.search(subject(scan)) is not None


def has_opening(report: str) -> bool:
    return _OPENING.search(report) is not None


def is_delayed(scan: Scan, report: str) -> bool:
    """Whether the words say that it is still being tried."""
    if _DELAYED.search(subject(scan)):
        return True
    head = report[:_HEAD]
    return _DELAYED.search(head) is not None and _PERMANENT.search(head) is None


def host_in(text: str) -> str:
    """The host that a text says refused; "" when it names none."""
    match = _HOST.search(text[:_HEAD])
    return match[1] if match else ""
