"""Mail of linked accounts leaves by the account's own server, wherever it goes.

Its provider signs it, answers for it and keeps its copy; from here it would look forged.
"""

from uuid import UUID

from posthouse.foundation.db import Database
from posthouse.foundation.settings import Settings
from posthouse.mail.accounts.errors import AccountError, Forbidden, SignInRefused
from posthouse.mail.accounts.oauth.tokens import tokens_of
from posthouse.mail.accounts.reaching import addresses_to_reach, outside_of
from posthouse.mail.accounts.senders import sender_of
from posthouse.protocols.smtp.reply import Reply
from posthouse.sending.outbox.connection import Credentials, Target, TlsPolicy
from posthouse.sending.outbox.sites import Nowhere, Remote, Service

_MOST_TARGETS = 4
_NO_SERVER = Reply(550, "The account it was written from has no server any more", "5.4.4")
_NO_ANSWER = Reply(451, "The account's server cannot be found at the moment", "4.4.3")
_INSIDE = Reply(550, "The account's server is in a network that is not for members", "5.4.4")
_NO_CONSENT = Reply(454, "The account's provider wants its member's consent anew", "4.7.0")
_NO_TOKEN = Reply(451, "The account's provider gives no access token at the moment", "4.4.3")
_TLS = {
    "tls": TlsPolicy.VERIFIED,
    "starttls": TlsPolicy.VERIFIED,
    "plain": TlsPolicy.NEVER,  # said by who linked it; never fallen back to
}


async def account_way(
    database: Database, workspace_id: UUID, mailbox_id: UUID
) -> Remote | Service | Nowhere:
    """The account's server, with its sign-in, or its service; one transaction for all recipients of
    a message, or the provider would keep a copy for each.
    """
    async with database.workspace(workspace_id) as tx:
        sender = await sender_of(tx, mailbox_id)
    if sender is None:
        return Nowhere(_NO_SERVER, is_relay=True)
    server = sender.server
    # Whose password is wrong must not keep the mail of others waiting.
    site = f"account {server.host}:{server.port} {mailbox_id.hex[-8:]}"
    if sender.by_service:
        return Service(site, server.host, sender.account_id)
    try:
        addresses = await addresses_to_reach(await outside_of(database), server.host)
    except Forbidden:
        return Nowhere(_INSIDE, is_relay=True)
    except AccountError:
        return Nowhere(_NO_ANSWER, is_relay=True)
    token = ""
    if sender.by_consent:
        try:
            token = await (await tokens_of(database)).access(workspace_id, sender.account_id)
        except SignInRefused:
            return Nowhere(_NO_CONSENT, is_relay=True)
        except AccountError:
            return Nowhere(_NO_TOKEN, is_relay=True)
    targets = tuple(
        Target(
            host=server.host,
            address=str(address),
            hello=database.service(Settings).hostname,
            port=server.port,
            tls=_TLS[server.security],
            implicit_tls=server.security == "tls",
            credentials=Credentials(identity=sender.login, password=sender.password, token=token),
        )
        for address in addresses[:_MOST_TARGETS]
    )
    return Remote(site, targets, is_relay=True, whole=True)
