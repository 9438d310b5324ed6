import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from posthouse.protocols.sasl.client import PlainClient, XOAuth2Client
from posthouse.protocols.smtp.address import parse_address
from posthouse.protocols.smtp.capabilities import Capabilities
from posthouse.protocols.smtp.client import (
    ClientDialogue,
    Failed,
    Finished,
    Ready,
    Returned,
    StartTls,
    Tls,
)
from posthouse.protocols.smtp.envelope import Fate, OutgoingEnvelope, RecipientFate, Stage
from posthouse.protocols.smtp.reply import BadReply, Reply
from posthouse.protocols.smtp.tests.conversation import mx

PIPELINING = "250-mx\r\n250-PIPELINING\r\n250-SIZE 1000\r\n250-8BITMIME\r\n250 SMTPUTF8\r\n"
PLAIN = "250-mx\r\n250 SIZE 1000\r\n"


def mail(
    *recipients: str, content: bytes = b"hi\r\n", sender: str = "a@b.example"
) -> OutgoingEnvelope:
    return OutgoingEnvelope(
        mail_from=parse_address(sender) if sender else None,
        recipients=tuple(parse_address(r) for r in recipients or ("x@c.example",)),
        content=content,
    )


def opened(ehlo: str = PIPELINING, **options) -> ClientDialogue:
    client = ClientDialogue(hello="us.example", tls=Tls.NEVER, **options)
    talk(client, "220 mx\r\n", "EHLO us.example\r\n")
    talk(client, ehlo, "")
    assert client.take_events() == [Ready()]
    return client


def talk(client: ClientDialogue, server: str, expected: str) -> None:
    """The server says so; what the client then says."""
    client.receive(server.encode())
    said(client, expected)


def said(client: ClientDialogue, expected: str) -> None:
    assert b"".join(client.take_output()).decode() == expected


def fates(client: ClientDialogue) -> list[tuple[str, Fate, Stage, int]]:
    (event,) = client.take_events()
    assert isinstance(event, Finished)
    return [(str(f.address), f.fate, f.stage, f.reply.code) for f in event.fates]


def test_capabilities():
    reply = Reply(250, "mx hello\nSIZE 100\nauth=login plain\nAUTH XOAUTH2\nPipelining\nX-A\n")
    assert Capabilities.parse(reply) == Capabilities(
        pipelining=True, size=100, auth=frozenset({"LOGIN", "PLAIN", "XOAUTH2"})
    )
    assert Capabilities.parse(Reply(250, "mx\nSIZE")).size == 0
    assert Capabilities.parse(Reply(250, "PIPELINING")) == Capabilities()


def test_one_flight_and_the_next_behind_the_body():
    client = opened()
    client.deliver(mail("x@c.example", "y@c.example"))
    client.deliver(mail(content=b".two"))
    client.deliver(mail())
    said(
        client,
        "MAIL FROM:<a@b.example> SIZE=4\r\nRCPT TO:<x@c.example>\r\nRCPT TO:<y@c.example>\r\n"
        "DATA\r\n",
    )
    talk(client, "250 ok\r\n250 ok\r\n550 5.1.1 who\r\n", "")
    talk(
        client,
        "354 go\r\n",
        "hi\r\n.\r\nMAIL FROM:<a@b.example> SIZE=4\r\nRCPT TO:<x@c.example>\r\nDATA\r\n",
    )
    patience = client.timeout
    assert patience == 600
    talk(client, "250 2.0.0 taken\r\n", "")
    assert fates(client) == [
        ("y@c.example", Fate.PERMANENT, Stage.RCPT, 550),
        ("x@c.example", Fate.DELIVERED, Stage.BODY, 250),
    ]
    third = "MAIL FROM:<a@b.example> SIZE=4\r\nRCPT TO:<x@c.example>\r\nDATA\r\n"
    talk(client, "250 ok\r\n250 ok\r\n354 go\r\n", "..two\r\n.\r\n" + third)
    talk(client, "451 later\r\n", "")
    assert fates(client) == [("x@c.example", Fate.TEMPORARY, Stage.BODY, 451)]
    talk(client, "250 ok\r\n250 ok\r\n354 go\r\n", "hi\r\n.\r\n")
    talk(client, "250 ok\r\n", "")
    assert client.idle
    assert client.timeout is None
    client.quit()
    said(client, "QUIT\r\n")


def test_without_pipelining_one_command_at_a_time():
    client = opened(PLAIN)
    client.deliver(mail("x@c.example", "y@c.example"))
    client.deliver(mail())
    said(client, "MAIL FROM:<a@b.example> SIZE=4\r\n")
    talk(client, "250 ok\r\n", "RCPT TO:<x@c.example>\r\n")
    talk(client, "450 later\r\n", "RCPT TO:<y@c.example>\r\n")
    talk(client, "250 ok\r\n", "DATA\r\n")
    talk(client, "354 go\r\n", "hi\r\n.\r\n")
    talk(client, "250 ok\r\n", "MAIL FROM:<a@b.example> SIZE=4\r\n")
    assert [fate for _, fate, _, _ in fates(client)] == [Fate.TEMPORARY, Fate.DELIVERED]
    talk(client, "250 ok\r\n", "RCPT TO:<x@c.example>\r\n")
    talk(client, "550 no\r\n", "RSET\r\n")
    assert fates(client) == [("x@c.example", Fate.PERMANENT, Stage.RCPT, 550)]
    talk(client, "250 ok\r\n", "")
    assert client.idle


def test_everybody_refused():
    client = opened()
    client.deliver(mail())
    client.deliver(mail())
    client.take_output()
    next_flight = "MAIL FROM:<a@b.example> SIZE=4\r\nRCPT TO:<x@c.example>\r\nDATA\r\n"
    talk(client, "250 ok\r\n550 no\r\n554 no valid recipients\r\n", "RSET\r\n" + next_flight)
    assert fates(client) == [("x@c.example", Fate.PERMANENT, Stage.RCPT, 550)]
    # This one says 354 all the same: an empty message must end what it began (RFC 2920 3.1).
    talk(client, "250 ok\r\n250 ok\r\n550 no\r\n354 go\r\n", ".\r\n")
    talk(client, "554 nobody\r\n", "")
    assert fates(client) == [("x@c.example", Fate.PERMANENT, Stage.RCPT, 550)]


def test_sender_refused():
    for ehlo in (PIPELINING, PLAIN):
        client = opened(ehlo)
        client.deliver(mail("x@c.example", "y@c.example"))
        client.receive(b"550 5.7.1 not you\r\n")
        if ehlo is PIPELINING:
            client.receive(b"503 no\r\n503 no\r\n503 no\r\n")
        assert fates(client) == [
            ("x@c.example", Fate.PERMANENT, Stage.MAIL, 550),
            ("y@c.example", Fate.PERMANENT, Stage.MAIL, 550),
        ]
        assert client.idle


def test_what_cannot_be_said_is_not_tried():
    client = opened(PLAIN)
    client.deliver(mail(content=b"x" * 1001))
    assert fates(client) == [("x@c.example", Fate.PERMANENT, Stage.MAIL, 552)]
    client.deliver(mail("李@c.example"))
    assert fates(client) == [("李@c.example", Fate.PERMANENT, Stage.MAIL, 550)]
    client.deliver(mail(sender="李@b.example"))
    assert fates(client) == [("x@c.example", Fate.PERMANENT, Stage.MAIL, 550)]
    client.deliver(mail(content=b"a\0b"))
    assert fates(client) == [("x@c.example", Fate.PERMANENT, Stage.DATA, 554)]
    client.deliver(mail("李@c.example", "x@例子.example", content=b"\xff\r\n"))
    said(client, "MAIL FROM:<a@b.example> SIZE=3\r\n")
    talk(client, "250 ok\r\n", "RCPT TO:<x@xn--fsqu00a.example>\r\n")


def test_parameters_by_what_is_offered():
    client = opened()
    client.deliver(mail("李@例子.example", content="中\r\n".encode(), sender=""))
    said(
        client,
        "MAIL FROM:<> SIZE=5 BODY=8BITMIME SMTPUTF8\r\nRCPT TO:<李@例子.example>\r\nDATA\r\n",
    )


def test_lost_after_the_final_dot_is_unclear():
    client = opened()
    for _ in range(3):
        client.deliver(mail("x@c.example", "y@c.example"))
    client.receive(b"250 ok\r\n250 ok\r\n550 no\r\n354 go\r\n")
    client.lost()
    first, second, third = client.take_events()
    assert isinstance(first, Finished)
    assert [f.fate for f in first.fates] == [Fate.PERMANENT, Fate.UNCLEAR]
    assert isinstance(second, Returned)
    assert isinstance(third, Returned)
    assert client.closed


def test_lost_before_the_dot_is_temporary_and_before_any_reply_returns():
    client = opened()
    client.deliver(mail())
    client.receive(b"250 ok\r\n250 ok\r\n")
    client.lost()
    assert fates(client) == [("x@c.example", Fate.TEMPORARY, Stage.RCPT, 451)]
    client = opened()
    client.deliver(mail())
    client.lost()
    (event,) = client.take_events()
    assert isinstance(event, Returned)


def test_421_after_the_dot_was_an_answer():
    client = opened()
    client.deliver(mail())
    client.receive(b"250 ok\r\n250 ok\r\n354 go\r\n421 4.3.2 closing\r\n")
    assert fates(client) == [("x@c.example", Fate.TEMPORARY, Stage.BODY, 421)]
    assert client.closed


def test_421_instead_of_mail_returns_the_envelope():
    client = opened()
    client.deliver(mail())
    client.receive(b"421 4.3.2 closing\r\n")
    (event,) = client.take_events()
    assert event == Returned(mail(), Reply(421, "closing", "4.3.2"))


@pytest.mark.parametrize("greeting", ["554 go away\r\n", "421 busy\r\n", "451 x\r\n"])
def test_refused_at_the_door(greeting):
    client = ClientDialogue(hello="us.example")
    client.deliver(mail())
    client.receive(greeting.encode())
    failed, returned = client.take_events()
    assert isinstance(failed, Failed)
    assert isinstance(returned, Returned)
    assert failed.stage is Stage.CONNECT
    said(client, "")


def test_helo_when_ehlo_is_unknown():
    client = ClientDialogue(hello="us.example", tls=Tls.OPPORTUNISTIC)
    talk(client, "220 mx\r\n", "EHLO us.example\r\n")
    talk(client, "502 what?\r\n", "HELO us.example\r\n")
    talk(client, "250 mx\r\n", "")
    client.deliver(mail())
    said(client, "MAIL FROM:<a@b.example>\r\n")


def test_starttls_believes_nothing_said_before():
    client = ClientDialogue(hello="us.example", tls=Tls.REQUIRED)
    talk(client, "220 mx\r\n", "EHLO us.example\r\n")
    talk(client, "250-mx\r\n250 STARTTLS\r\n", "STARTTLS\r\n")
    client.receive(b"220 go\r\n250-evil\r\n250 PIPELINING\r\nwhatever")
    client.receive(b"not even a reply\r\n")
    assert client.take_events() == [StartTls()]
    client.tls_started()
    said(client, "EHLO us.example\r\n")
    talk(client, "250-mx\r\n250 PIPELINING\r\n", "")
    assert client.take_events() == [Ready()]
    assert client.secure


def test_starttls_refused():
    for policy, outcome in ((Tls.REQUIRED, Failed), (Tls.OPPORTUNISTIC, Ready)):
        for ehlo in ("250-mx\r\n250 STARTTLS\r\n", "250 mx\r\n"):
            client = ClientDialogue(hello="us.example", tls=policy)
            client.receive(b"220 mx\r\n")
            client.receive(ehlo.encode())
            if "STARTTLS" in ehlo:
                client.receive(b"454 no\r\n")
            (event,) = client.take_events()
            assert isinstance(event, outcome)


def test_signing_in():
    def choose(offered: frozenset[str]) -> PlainClient | None:
        return PlainClient("anna", "pass") if "PLAIN" in offered else None

    client = ClientDialogue(hello="us", secure=True, choose_mechanism=choose)
    talk(client, "220 mx\r\n", "EHLO us\r\n")
    talk(client, "250-mx\r\n250 AUTH PLAIN\r\n", "AUTH PLAIN AGFubmEAcGFzcw==\r\n")
    talk(client, "235 ok\r\n", "")
    assert client.take_events() == [Ready()]
    assert not any("AGFubmEAcGFzcw" in line for line in client.transcript)

    client = ClientDialogue(hello="us", secure=True, choose_mechanism=choose)
    client.receive(b"220 mx\r\n250-mx\r\n250 AUTH PLAIN\r\n535 5.7.8 wrong\r\n")
    assert client.take_events() == [Failed(Stage.AUTH, Reply(535, "wrong", "5.7.8"))]

    client = ClientDialogue(hello="us", secure=True, choose_mechanism=choose)
    client.receive(b"220 mx\r\n250-mx\r\n250 AUTH CRAM-MD5\r\n")
    (event,) = client.take_events()
    assert isinstance(event, Failed)


def test_babble_is_an_error():
    client = opened()
    with pytest.raises(BadReply):
        client.receive(b"HTTP/1.1 400 Bad Request\r\n")
    client.receive(b"250 nobody asked\r\n")
    assert client.closed


@given(
    st.lists(
        st.tuples(
            st.lists(
                st.sampled_from(["anna@example.org", "bert@example.org", "no@example.org"]),
                min_size=1,
                max_size=4,
                unique=True,
            ),
            st.lists(st.sampled_from([b".", b"..", b"a", b"\r\n", "中".encode()])).map(b"".join),
        ),
        max_size=5,
    ),
    st.integers(1, 50),
)
def test_our_client_and_our_server_agree(mails, size):
    client, server = ClientDialogue(hello="us.example", tls=Tls.NEVER), mx(tarpit_seconds=0)
    for recipients, content in mails:
        client.deliver(mail(*recipients, content=content))
    events = []
    to_client = server.open()
    while to_client:
        for start in range(0, len(to_client), size):
            client.receive(to_client[start : start + size])
        events += client.take_events()
        wire = b"".join(client.take_output())
        to_client = b"".join(
            server.say(wire[start : start + size]) for start in range(0, len(wire), size)
        )
    finished = [event for event in events if isinstance(event, Finished)]
    if server.closed:  # too many unknown recipients
        return
    assert [event.envelope.content for event in finished] == [content for _, content in mails]
    delivered = [
        (content, {r for r in recipients if not r.startswith("no")})
        for recipients, content in mails
        if recipients != ["no@example.org"]
    ]
    assert [
        (message.content, {str(a) for a in message.recipients}) for message in server.messages
    ] == [(_ended(content), recipients) for content, recipients in delivered]
    for event in finished:
        for fate in event.fates:
            assert _expected(fate) is fate.fate


def _ended(content: bytes) -> bytes:
    return content if not content or content.endswith(b"\r\n") else content + b"\r\n"


def _expected(fate: RecipientFate) -> Fate:
    return Fate.PERMANENT if str(fate.address).startswith("no") else Fate.DELIVERED


@pytest.mark.parametrize(("length", "at_once"), [(300, True), (1500, False)])
def test_a_token_goes_along_only_where_it_fits(length: int, at_once: bool):
    """RFC 4954 4: AUTH has the length of a command; a refusal is explained in JSON (RFC 7628)."""
    mechanism = XOAuth2Client("anna@x", "t" * length)
    said = base64.b64encode(mechanism.initial()).decode()
    for answers in (["235 welcome"], ["334 eyJ9", "535 5.7.3 no"]):
        client = ClientDialogue(hello="us", choose_mechanism=lambda offered: mechanism)
        client.receive(b"220 mx\r\n250-mx\r\n250 AUTH XOAUTH2\r\n")
        lines = b"".join(client.take_output()).decode().splitlines()[1:]
        assert lines == [f"AUTH XOAUTH2 {said}" if at_once else "AUTH XOAUTH2"]
        assert all(len(line) <= 510 for line in lines)
        if not at_once:
            client.receive(b"334 \r\n")
            assert b"".join(client.take_output()).decode() == f"{said}\r\n"
        for answer in answers:
            client.receive(f"{answer}\r\n".encode())
        if len(answers) == 1:
            assert client.take_events() == [Ready()]
        else:
            assert client.take_events() == [Failed(Stage.AUTH, Reply(535, "no", "5.7.3"))]
            assert b"".join(client.take_output()) == b"\r\n"
        assert "t" * 20 not in str(client.transcript)
