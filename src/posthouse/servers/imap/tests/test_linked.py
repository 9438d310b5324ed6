"""Our driver of linked accounts with our own server: each is the other's second opinion."""

from dataclasses import replace

from posthouse.mail.accounts.imap import ImapDriver, connect_imap
from posthouse.mail.accounts.model import Secret
from posthouse.servers.imap.tests.conftest import PASSWORD, Server
from tests.support.scripted_imap import sign_in, way_here
from tests.support.visiting import exercise


async def test_a_house_linked_to_a_house(server: Server):
    how = sign_in()
    incoming = replace(how.servers.incoming, port=server.port)
    servers = replace(how.servers, incoming=incoming, login="anna@acme.example")
    outside = way_here()

    async def connect() -> ImapDriver:
        signing_in = replace(how, servers=servers, secret=Secret(password=PASSWORD))
        return await connect_imap(signing_in, outside)

    await exercise(connect)
