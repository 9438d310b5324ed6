"""What goes on to addresses elsewhere: told from what stays, before anything is filed."""

from collections.abc import Sequence
from hashlib import sha256
from uuid import UUID

from posthouse.foundation.errors import Denied
from posthouse.foundation.ids import id_from_hash, new_id
from posthouse.mail.filtering import Judgement, Screened
from posthouse.mail.forwarding.model import Onward, why_it_stays
from posthouse.mail.intake.filter import folder_for, spam_field
from posthouse.mail.intake.model import Arrival, Recipient
from posthouse.mail.intake.verify import Verified

# Whose judgement it is when no mailbox keeps the mail: the workspace's own.
NOBODY = UUID(int=0)
_JUNK = "This looks like junk mail, and the address sends its mail on."


def onward_of(recipients: Sequence[Recipient]) -> list[Recipient]:
    """Those whose mail goes on."""
    return [recipient for recipient in recipients if recipient.onward]


def letters_onward(
    arrival: Arrival,
    onward: Sequence[Recipient],
    verified: Verified,
    screened: Screened,
    judged: Judgement | None,
) -> list[Onward]:
    """The letters that leave.

    What a mailbox keeps besides and must not go on, such as junk, just stays there. Raises Denied
    when nobody keeps it: the sender hears of it now, and we need not report it later.
    """
    junk = folder_for(verified, screened, judged) == "junk"
    alone = all(recipient.mailbox_id is None for recipient in arrival.recipients)
    letters: list[Onward] = []
    for recipient in onward:
        report = recipient.door == "dsn"
        why = why_it_stays(arrival.raw, recipient.address, arrival.mail_from, report=report)
        if why is None and junk and not report:
            # Beside another's mailbox nobody can be refused alone: then it goes on, marked.
            why = _JUNK if alone or recipient.mailbox_id is not None else None
        if why is None:
            letters.append(_letter(arrival, recipient, verified, judged if junk else None))
        elif recipient.mailbox_id is None:
            raise Denied(why)
    return letters


def _letter(
    arrival: Arrival, recipient: Recipient, verified: Verified, marked: Judgement | None
) -> Onward:
    # Delivered-To is what shows a loop when it comes by again; our results are sealed by ARC.
    top = b"Delivered-To: %b\r\n" % recipient.address.encode()
    return Onward(
        id=_id(arrival, recipient),
        forwarded_by=recipient.address.rpartition("@")[2],
        mail_from=arrival.mail_from,
        recipients=recipient.onward,
        content=top + verified.field + spam_field(marked) + verified.raw,
    )


def _id(arrival: Arrival, recipient: Recipient) -> UUID:
    """Of what is delivered again after a kill always the same: it is sent on once."""
    if arrival.source_key is None:
        return new_id()
    return id_from_hash(sha256(arrival.source_key + recipient.address.encode()).digest())
