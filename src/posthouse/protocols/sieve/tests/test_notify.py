"""Notifications (RFC 5435) by mail (RFC 5436), with copies (RFC 8580), clause by clause."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from posthouse.protocols import mime, sieve
from posthouse.protocols.sieve import mailto, notification
from posthouse.protocols.sieve.tests.scene import MESSAGE, actions, holds, mistakes, outcome

NEEDS = 'require ["enotify", "variables", "fcc", "fileinto", "imap4flags", "mailbox", "vacation"];'
NOW = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
OWN = "bob@shop.example"


def written(script: str, message: bytes = MESSAGE) -> mime.Scan:
    """What is sent for the first notify of a script."""
    found = [each for each in outcome(script).actions if isinstance(each, sieve.Notify)]
    letter = sieve.Letter(message.replace(b"\n", b"\r\n"))
    return mime.scan(notification.notification(letter, found[0], OWN, NOW))


def field(scan: mime.Scan, name: str) -> str | None:
    return next(iter(sieve.Letter(scan.raw).texts(name)), None)


def test_notify_keeps_the_message():  # RFC 5435 7
    assert actions('notify "mailto:a@b.example";') == ["notify a@b.example", "keep!"]
    both = 'notify "mailto:a@b.example"; notify "mailto:c@b.example"; discard;'
    assert actions(both) == ["notify a@b.example", "notify c@b.example"]
    assert actions('notify "mailto:a@b.example"; fileinto "Work"; redirect "x@y.example";') == [
        "notify a@b.example",
        "file Work",
        "redirect x@y.example",
    ]


def test_another_scheme_fails_when_it_is_reached():  # 3.2, 3.7 example 5
    script = 'if false { notify "tel:+14085551212"; }'
    assert mistakes(f"{NEEDS} {script}") == []
    assert actions(script) == ["keep!"]
    assert actions('discard; notify "tel:+14085551212";')[0].startswith("error: “tel:")


@pytest.mark.parametrize(
    "uri",
    [
        "mailto:stephan@example.org;?header=frop",
        "mailto:stephan@example.org?header<=frop",
        "mailto:stephan@example.org?header=fr>op",
        "mailto:stephan@example.org?header:=frop",
        "mailto:stephan%23example.org",
        "mailto:stephan@example.org?to=nico%23frop.example.org",
        "mailto:a@b.example?subject",
        "mailto:a@b.example?=x",
        "mailto:a@b.example#part",
        "mailto:a@b.example?subject=%FF",
        "mailto:a@b.example%2",
        "mailto:",
        "mailto:?cc=",
        "mailto:" + ",".join(f"a{n}@b.example" for n in range(9)),
        "mailto:a@b.example?x=" + "y" * 9_000,
        "mailto:a@b.example" + "?" + "&".join(f"x-{n}=y" for n in range(40)),
    ],
)
def test_what_is_no_mailto_is_told_at_once(uri):  # 3.2, RFC 6068 2
    assert len(mistakes(f'{NEEDS} notify "{uri}";')) == 1
    assert actions(f'set "u" "{uri}"; notify "${{u}}";')[0].startswith("error:")
    assert not holds(f'valid_notify_method ["mailto:a@b.example", "{uri}"]')


@pytest.mark.parametrize(
    ("arguments", "count"),
    [
        (':from "ada@maths.example"', 0),
        (':from "Ada <ada@maths.example>"', 0),
        (':from "stephan#example.org"', 1),  # 3.3
        (':from ""', 1),
        (':importance "1"', 0),
        (':importance "0"', 1),  # 3.4
        (":importance 1", 1),
        (':options ["a=b", "a.b-c_d=", "7=x=y"]', 0),
        (':options "frop"', 1),  # 3.5
        (':options "_frop="', 1),
        (':options "=frop"', 1),
        (':options "frop=frml\nfrop"', 1),
        (':options ["a=b", ""]', 1),
    ],
)
def test_arguments_have_a_form(arguments, count):
    assert len(mistakes(f'{NEEDS} notify {arguments} "mailto:a@b.example";')) == count


def test_importance_from_a_variable_is_looked_at_when_it_runs():  # 3.4
    failed = actions('set "i" "9"; notify :importance "${i}" "mailto:a@b.example";')
    assert failed[0].startswith("error: The importance “9”")


def test_what_can_be_notified_can_be_asked():  # 4
    assert holds('valid_notify_method "mailto:a@b.example?subject=x%20y"')
    assert holds('valid_notify_method ["MAILTO:a@b.example", "mailto:?to=a@b.example"]')
    assert not holds('valid_notify_method ["mailto:a@b.example", "http://gw.example/notify"]')
    assert not holds('valid_notify_method "xmpp:tim@example.com"')


def test_capabilities():  # 5, RFC 5436 2.2, RFC 8580 6.1
    capability = 'notify_method_capability "mailto:a@b.example"'
    assert holds(f'{capability} "Online" "MAYBE"')
    assert not holds(f'{capability} "online" ["yes", "no"]')
    assert not holds('notify_method_capability :contains "mailto:a@b.example" "colour" ""')
    assert not holds('notify_method_capability :contains "xmpp:a@b.example" "online" ""')
    assert not holds('notify_method_capability :contains "mailto:nobody" "online" ""')
    count = ':count "eq" :comparator "i;ascii-numeric"'
    assert holds(f'notify_method_capability {count} "mailto:a@b.example" "online" "1"')
    assert holds('notify_method_capability "mailto:" "fcc" "yes"')
    assert not holds('notify_method_capability "xmpp:" "fcc" "yes"')


def test_encodeurl():  # 6
    def encoded(text: str, more: str = "") -> str:
        found = outcome(f'set :encodeurl {more} "a" "{text}"; fileinto "${{a}}";').actions[0]
        assert isinstance(found, sieve.FileInto)
        return found.folder

    assert encoded("Safe body&evil=evilbody") == "Safe%20body%26evil%3Devilbody"
    assert encoded("aZ09-._~") == "aZ09-._~"
    assert encoded("路") == "%E8%B7%AF"
    assert encoded("a b", ":length") == "5"  # precedence 15 is above that of :length
    assert encoded("a*b", ":quotewildcard") == "a%5C%2Ab"  # and below 20
    assert mistakes('require "variables"; set :encodeurl "a" "b";') != []
    assert mistakes('require "enotify"; set :encodeurl "a" "b";') != []


@pytest.mark.parametrize("before", ["", "a", "ab"])
@pytest.mark.parametrize("sign", ["@", "é", "路", "😀"])
def test_what_is_encoded_is_cut_between_characters(before, sign):
    script = (
        f'set "a" "{before}{sign * 20_000}"; set :encodeurl "b" "${{a}}"; set :length "n" "${{b}}";'
    )
    found = outcome(script + 'fileinto "${n}";').actions[0]
    assert isinstance(found, sieve.FileInto)
    one = 3 * len(sign.encode())
    assert int(found.folder) == min(20_000, (65_536 - len(before)) // one) * one + len(before)


def test_whom_it_goes_to():  # RFC 5436 2.7
    scan = written(
        'notify "mailto:a@b.example,c@b.example?to=d@e.example&cc=Eve%20%3Ce@f.example%3E";'
    )
    assert field(scan, "to") == "a@b.example, c@b.example, d@e.example"
    assert field(scan, "cc") == "Eve <e@f.example>"
    assert field(scan, "from") == OWN
    scan = written(
        'notify "mailto:?to=%3D%3Futf-8%3Fq%3FG%3DC3%3DBCnther%3F%3D%20%3Cg@x.example%3E";'
    )
    assert field(scan, "to") == "Günther <g@x.example>"


def test_an_author_is_an_address():  # RFC 5435 3.3
    failed = actions('set "a" "nobody"; notify :from "${a}" "mailto:a@b.example";')
    assert failed[0] == "error: “nobody” is no mail address."


def test_who_it_is_from():  # RFC 5435 3.3: another domain's address is not heard
    script = 'notify :from "{}" "mailto:a@b.example";'
    assert field(written(script.format("Bob <bob+x@shop.example>")), "from") == (
        "Bob <bob+x@shop.example>"
    )
    assert field(written(script.format("ceo@maths.example")), "from") == OWN


def test_fields_that_are_ours():  # RFC 5436 2.7, 2.7.1
    unsafe = ("from=x@y.example", "Auto-Submitted=no", "received=x", "date=x", "Message-ID=x")
    more = ("bcc=x@y.example", "content-type=text/html", "mime-version=2", "resent-to=x@y.example")
    query = "&".join((*unsafe, *more))
    scan = written(f'notify "mailto:a@b.example?{query}&x-team=Ops&reply-to=r@shop.example";')
    assert scan.raw.startswith(b'Auto-Submitted: auto-notified; owner-email="bob@shop.example"\r\n')
    assert field(scan, "date") == "Mon, 23 Nov 2026 09:30:00 +0000"
    assert field(scan, "references") == "<one@maths.example>"
    assert field(scan, "x-team") == "Ops"
    assert field(scan, "reply-to") == "r@shop.example"
    header = scan.raw[: scan.root.body_start].lower()
    assert header.count(b"\r\nfrom:") == 1
    for absent in (b"x@y.example", b"received:", b"message-id:", b"text/html", b"bcc:"):
        assert absent not in header


@pytest.mark.parametrize(
    ("script", "subject"),
    [
        (':message "Look" "mailto:a@b.example?subject=Other"', "Look"),
        ('"mailto:a@b.example?subject=Other%20one"', "Other one"),
        ('"mailto:a@b.example"', "Invoice 42 for you"),
        (':message "来信了" "mailto:a@b.example"', "来信了"),
    ],
)
def test_subjects(script, subject):  # RFC 5436 2.6, 2.7
    assert field(written(f"notify {script};"), "subject") == subject


def test_bodies():  # RFC 5436 2.7
    scan = written('notify "mailto:a@b.example?body=One%0D%0ATwo";')
    assert mime.plain_text(scan).splitlines() == ["One", "Two"]
    said = mime.plain_text(written('notify "mailto:a@b.example";'))
    assert said.splitlines() == [
        'From: "Ada Lovelace" <ada@maths.example>',
        "Subject: Invoice 42 for you",
    ]
    assert "pay 100" not in said


@pytest.mark.parametrize(("level", "said"), [("1", "high"), ("2", "normal"), ("3", "low")])
def test_importance(level, said):  # RFC 5436 2.4
    scan = written(f'notify :importance "{level}" "mailto:a@b.example";')
    assert field(scan, "importance") == said
    assert field(written('notify "mailto:a@b.example";'), "importance") == "normal"


def test_machines_notify_nobody():  # RFC 5436 2.7
    def silent(value: bytes) -> bool:
        letter = sieve.Letter(b"Auto-Submitted: " + value + b"\r\n\r\n")
        return notification.why_silent(letter) is not None

    assert silent(b"auto-notified; owner-email=x@y.example")
    assert silent(b"auto-replied")
    assert not silent(b"no")
    assert notification.why_silent(sieve.Letter(MESSAGE)) is None


def test_nobody_is_notified_twice():  # RFC 5436 2.7
    known: set[str] = set()
    first = mailto.read_method("mailto:a@b.example,A@b.example?cc=c@b.example,a@b.example")
    kept = notification.without(first, known)
    assert [each.address for each in (*kept.to, *kept.cc)] == ["a@b.example", "c@b.example"]
    again = notification.without(mailto.read_method("mailto:c@b.example,d@b.example"), known)
    assert [each.address for each in again.to] == ["d@b.example"]


def test_notifications_are_bounded():
    many = 'notify "mailto:a@b.example";' * 9
    assert actions(many)[0] == "error: A script notifies at most 8 times."


def test_copies():  # RFC 8580 3, 5, 6
    copy = r':fcc "Work" :flags ["\\Seen", "sent"] :create'
    assert actions(f'notify {copy} "mailto:a@b.example";')[0] == (
        r"notify a@b.example, file Work create \Seen sent"
    )
    assert actions(f'vacation {copy} "Away.";')[0] == (
        r"vacation Away., file Work create \Seen sent"
    )
    # 3.1.1: flags of the message are not those of the copy.
    kept = actions(r'setflag "\\Flagged"; vacation :fcc "Work" "Away.";')
    assert kept == ["vacation Away., file Work", r"keep! \Flagged"]
    assert actions(r'vacation :specialuse "\\Sent" :fcc "Work" "Away.";')[0] == (
        r"vacation Away., file Work for \Sent"
    )


@pytest.mark.parametrize(
    "script",
    [
        'vacation :create "Away.";',  # 3.2: options of :fcc
        'vacation :flags "x" "Away.";',
        'vacation :fcc "" "Away.";',
        'vacation :fcc "a" :fcc "b" "Away.";',
        'notify :create "mailto:a@b.example";',
        'keep :fcc "a";',  # 8
        'fileinto :fcc "a" "b";',
        'redirect :fcc "a" "x@y.example";',
    ],
)
def test_where_copies_cannot_be(script):
    assert len(mistakes(f"{NEEDS} {script}")) == 1


@pytest.mark.parametrize("action", ["reject", "ereject"])
def test_a_refusal_has_no_copy(action):  # 7
    assert mistakes(f'require ["{action}", "fcc"]; {action} :fcc "a" "No.";')


def test_copies_need_their_extensions():  # 3.1
    (said,) = mistakes('require "vacation"; vacation :fcc "a" "Away.";')
    assert 'require "fcc"' in said
    (said,) = mistakes('require ["vacation", "fcc"]; vacation :fcc "a" :create "Away.";')
    assert 'require "mailbox"' in said


@given(
    st.text(st.sampled_from('mailto:?&=%,@;<>"#abc.09A\r\n\0路 ') | st.characters(), max_size=60)
)
def test_any_uri_is_read_or_refused(text):
    for uri in (text, f"mailto:{text}", f"mailto:a@b.example?{text}"):
        try:
            found = mailto.read_method(uri)
        except mailto.BadMethod:
            continue
        action = sieve.Notify(to=found, message=text, from_address=text)
        letter = sieve.Letter(MESSAGE)
        try:
            raw = notification.notification(letter, action, OWN, NOW)
        except ValueError:  # an address that no header can carry
            continue
        scan = mime.scan(raw)
        assert raw.startswith(b"Auto-Submitted: auto-notified;")
        header = raw[: scan.root.body_start].lower()
        assert header.count(b"\r\nfrom:") == 1
        assert header.count(b"auto-submitted:") == 1
        assert b"\r\nreceived:" not in header
