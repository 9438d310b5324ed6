"""What the door of detection takes and gives."""

from collections.abc import Sequence

import msgspec

from posthouse.mail.accounts.detection.model import (
    Detection,
    FoundProtocol,
    Provider,
    SecretKind,
    Way,
    Words,
)
from posthouse.mail.accounts.model import Kind, Security


class AddressAsked(msgspec.Struct, frozen=True, kw_only=True):
    """An address elsewhere."""

    address: str


class BothLanguages(msgspec.Struct, frozen=True, kw_only=True):
    """The same in Chinese and in English."""

    zh: str
    en: str


class ProviderView(msgspec.Struct, frozen=True, kw_only=True):
    """A provider, and how it lets programs sign in.

    `secret` says what is typed in place of a password: the password itself, a code that is called
    `secret_name` there (`secret_sometimes`: only after somebody switched that on), or nothing that
    can be typed (`oauth`). `switched_off`: IMAP is off there until it is switched on. `steps` lead
    there from `page`. `consents`: for accounts of these kinds this house can ask it for the
    member's consent instead, the better ones first. `closed` says why such mailboxes cannot be
    linked.
    """

    key: str
    name: BothLanguages
    secret: SecretKind
    secret_name: BothLanguages
    secret_sometimes: bool
    switched_off: bool
    page: str
    steps: list[BothLanguages]
    consents: list[Kind]
    closed: BothLanguages | None


class FoundServerView(msgspec.Struct, frozen=True, kw_only=True):
    """A server that was found, the better ones of a protocol first.

    `way` says how and `detail` where. Unless `vouched`, a person is to look at the name before a
    password goes there. `path` is where web services lie (`ews`), else empty.
    """

    protocol: FoundProtocol
    host: str
    port: int
    security: Security
    path: str
    login: str
    way: Way
    detail: str
    vouched: bool


class DetectionView(msgspec.Struct, frozen=True, kw_only=True):
    """What was found out about an address.

    `exchange` is the host of an Exchange server that answered, or empty. `takes_no_mail`: its
    domain does not exist, or takes no mail.
    """

    address: str
    provider: ProviderView | None
    servers: list[FoundServerView]
    exchange: str
    takes_no_mail: bool


def detection_view(detection: Detection, *, consents: Sequence[Kind]) -> DetectionView:
    """As the page wants it."""
    return DetectionView(
        address=detection.address,
        provider=provider_view(detection.provider, consents=consents),
        servers=[
            FoundServerView(
                protocol=each.protocol,
                host=each.server.host,
                port=each.server.port,
                security=each.server.security,
                path=each.server.path,
                login=each.login,
                way=each.way,
                detail=each.detail,
                vouched=each.vouched,
            )
            for each in detection.servers
        ],
        exchange=detection.exchange,
        takes_no_mail=detection.takes_no_mail,
    )


def provider_view(provider: Provider | None, *, consents: Sequence[Kind]) -> ProviderView | None:
    """Without its servers; `consents` as in the view."""
    if provider is None:
        return None
    steps = zip(provider.steps.zh, provider.steps.en, strict=True)
    return ProviderView(
        key=provider.key,
        name=_both(provider.name),
        secret=provider.secret,
        secret_name=_both(provider.secret_name),
        secret_sometimes=provider.secret_sometimes,
        switched_off=provider.switched_off,
        page=provider.page,
        steps=[BothLanguages(zh=zh, en=en) for zh, en in steps],
        consents=list(consents),
        closed=_both(provider.closed) if provider.closed else None,
    )


def _both(words: Words) -> BothLanguages:
    return BothLanguages(zh=words.zh, en=words.en)
