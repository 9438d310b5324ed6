"""What a member is told when a mailbox fills up: a mail, in both languages of the house."""

from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from posthouse.foundation.ids import new_id
from posthouse.mail.quotas.model import MailboxUsage

_CONSEQUENCES = {
    80: (
        "满了以后将无法再收到邮件。",
        "When it is full, mail to it is sent back.",
    ),
    95: (
        "很快就满了。满了以后将无法再收到邮件。",
        "It will be full soon. When it is full, mail to it is sent back.",
    ),
    100: (
        "发来的邮件现在会被暂时拒收;三天后仍然是满的,就会退回给发件人。",
        "Mail to it is put off now; if it is still full in three days, mail is sent back.",
    ),
}
_TEXT = """\
邮箱 {address} 已使用 {percent}%。{chinese}
删除不需要的邮件并清空“已删除”,或者请管理员提高上限。

The mailbox {address} is {percent} % full. {english}
Delete what is not needed and empty Trash, or ask an administrator for a higher limit.

{figures}
"""


def write_notice(found: MailboxUsage, level: int, now: datetime) -> bytes:
    """The mail for one of `LEVELS`."""
    domain = found.address.rpartition("@")[2]
    chinese, english = _CONSEQUENCES[level]
    percent = found.usage.percent
    notice = EmailMessage(policy=SMTP.clone(utf8=False))
    notice["From"] = Address("Posthouse", "postmaster", domain)
    notice["To"] = found.address
    notice["Subject"] = f"邮箱已使用 {percent}% · The mailbox is {percent} % full"
    notice["Date"] = format_datetime(now)
    notice["Message-ID"] = f"<{new_id()}@{domain}>"
    notice["Auto-Submitted"] = "auto-generated"  # RFC 3834 5: nobody answers it by himself
    notice.set_content(
        _TEXT.format(
            address=found.address,
            percent=percent,
            chinese=chinese,
            english=english,
            figures="\n".join(_figures(found)),
        )
    )
    return notice.as_bytes()


def _figures(found: MailboxUsage) -> list[str]:
    usage = found.usage
    lines = []
    if usage.limits.octets:
        used, limit = usage.octets / 2**20, usage.limits.octets / 2**20
        lines.append(f"{used:,.1f} / {limit:,.1f} MiB")
    if usage.limits.messages:
        lines.append(f"{usage.messages:,} / {usage.limits.messages:,} 封 · messages")
    return lines
