"""Rules become Sieve and rules again; what somebody else has written stays his."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from posthouse.foundation.errors import Invalid
from posthouse.mail.rules.builder import (
    Action,
    Away,
    Condition,
    Rule,
    RuleSet,
    checked,
    read,
    write,
    write_tests,
)
from posthouse.mail.rules.builder.model import TESTS, Test
from posthouse.mail.rules.surroundings import Question, Surroundings
from posthouse.protocols import sieve

_words = st.text(min_size=1, max_size=20).filter(lambda text: text.replace("\0", "").strip() != "")
_names = st.from_regex(r"[Xx]-[A-Za-z0-9-]{1,12}|[Ff]rom|[Ss]ubject|[Ll]ist-[Ii]d", fullmatch=True)
_addresses = st.sampled_from(["b@else.example", "王@例子.example", '"odd one"@else.example'])


@st.composite
def _conditions(draw: st.DrawFn) -> Condition:
    field = draw(st.sampled_from(sorted(TESTS)))
    return Condition(
        field=field,
        test=draw(st.sampled_from(TESTS[field])),
        values=draw(_MOMENTS.get(field, st.lists(_words, min_size=1, max_size=3))),
        header=draw(_names),
        size=draw(st.integers(1, 10_000)),
        zone=draw(_zones),
    )


_zones = st.sampled_from(["+0800", "-0330", "+0000"])
_MOMENTS = {
    "day": st.dates(date(2020, 1, 1), date(2030, 1, 1)).map(lambda day: [day.isoformat()]),
    "weekday": st.lists(st.sampled_from("0123456"), min_size=1, max_size=9),
    "time": st.times().map(lambda time: [time.strftime("%H:%M")]),
}
_quiet = st.sampled_from(
    [
        Action(kind="flag"),
        Action(kind="read"),
        Action(kind="stop"),
        Action(kind="keyword", value="$Label1"),
        Action(kind="keyword", value="r0"),
    ]
)
_told = st.builds(
    Action,
    kind=st.just("notify"),
    value=st.sampled_from(["b@else.example", "王@例子.example", "a?b+c%d@else.example"]),
    text=st.one_of(st.just(""), _words),
)
_kept = st.one_of(
    _quiet,
    _told,
    st.builds(Action, kind=st.sampled_from(["copy", "move"]), value=_words),
    st.builds(Action, kind=st.sampled_from(["forward", "redirect"]), value=_addresses),
)
_refused = st.builds(Action, kind=st.just("reject"), value=_words).map(lambda one: [one])
_dropped = st.sampled_from(
    [
        [Action(kind="discard"), Action(kind="stop")],
        [Action(kind="notify", value="b@else.example", text="Dropped"), Action(kind="discard")],
    ]
)
_rules = st.builds(
    Rule,
    on=st.booleans(),
    match=st.sampled_from(["all", "any"]),
    conditions=st.lists(_conditions(), max_size=4),
    actions=st.one_of(st.lists(_kept, min_size=1, max_size=4), _refused, _dropped),
)
_days = st.dates(date(2020, 1, 1), date(2030, 1, 1))
_away = st.builds(
    Away,
    on=st.booleans(),
    subject=st.text(max_size=20),
    chinese=_words,
    english=st.one_of(st.just(""), _words),
    first=st.none() | st.dates(date(2020, 1, 1), date(2025, 1, 1)),
    last=st.none() | st.dates(date(2025, 1, 2), date(2030, 1, 1)),
    zone=_zones,
    days=st.integers(1, 365),
    addresses=st.lists(_addresses, max_size=2),
)
_sets = st.builds(RuleSet, away=st.none() | _away, rules=st.lists(_rules, max_size=5))


@given(_sets)
@settings(max_examples=150, deadline=None)
def test_what_is_built_comes_back(built: RuleSet):
    try:
        rules = checked(built)
    except Invalid:  # a word of nothing but spaces, say
        return
    text = write(rules)
    sieve.compile_script(text.encode())
    assert read(text) == rules
    assert read(text.replace("\n", "\r\n")) == rules
    assert checked(rules) == rules
    sieve.compile_script(write_tests(rules.rules).encode())


@given(_sets, st.integers(0, 400), st.text(max_size=5))
@settings(max_examples=100, deadline=None)
def test_a_script_that_was_changed_is_read_as_it_is_or_not_at_all(
    built: RuleSet, at: int, inserted: str
):
    try:
        text = write(checked(built))
    except Invalid:
        return
    changed = text[:at] + inserted + text[at:]
    found = read(changed)
    assert found is None or write(found) == changed.replace("\r\n", "\n")


@given(st.text(max_size=200))
@settings(max_examples=50, deadline=None)
def test_any_text_is_read(text: str):
    read(text)
    read(write(RuleSet()) + text)


def _run(rules: RuleSet, raw: bytes, now: datetime) -> sieve.Outcome:
    script = sieve.compile_script(write(checked(rules)).encode())
    around = Surroundings(
        mail_from="a@b.example",
        rcpt_to="anna+orders@acme.example",
        now=now,
        environment={},
        answers={Question("listed", "li.wei@kunde.example"): "li.wei@kunde.example"},
    )
    return script.run(sieve.Letter(raw), around)


_NOON = datetime(2026, 12, 1, 12, tzinfo=UTC)
_RAW = (
    b"From: Li Wei <li.wei@kunde.example>\r\nTo: Anna <anna@acme.example>\r\n"
    b"Subject: Invoice 7\r\nList-Id: <offers.kunde.example>\r\nX-Level: 3\r\n\r\nGood day\r\n"
)


@pytest.mark.parametrize(
    ("condition", "fits"),
    [
        (Condition(field="from", test="contains", values=["@kunde.example"]), True),
        (Condition(field="from", test="contains", values=["Li Wei"]), True),
        (Condition(field="from", test="is", values=["LI.WEI@kunde.example"]), True),
        (Condition(field="from", test="is", values=["kunde.example"]), False),
        (Condition(field="to", test="contains", values=["nobody", "anna@"]), True),
        (Condition(field="to", test="is_not", values=["anna@acme.example"]), False),
        (Condition(field="subject", test="contains", values=["invoice"]), True),
        (Condition(field="subject", test="not_contains", values=["invoice"]), False),
        (Condition(field="header", header="X-Level", test="is", values=["3"]), True),
        (Condition(field="header", header="X-Other", test="exists_not"), True),
        (Condition(field="list", test="exists"), True),
        (Condition(field="list", test="contains", values=["offers.kunde"]), True),
        (Condition(field="body", test="contains", values=["good DAY"]), True),
        (Condition(field="me", test="exists", values=["b@c.example", "anna@acme.example"]), True),
        (Condition(field="me", test="exists_not", values=["b@c.example"]), True),
        (Condition(field="detail", test="is", values=["Orders"]), True),
        (Condition(field="detail", test="contains", values=["bills"]), False),
        (Condition(field="detail", test="exists"), True),
        (Condition(field="known", test="exists"), True),
        (Condition(field="known", test="exists_not"), False),
        (Condition(field="attachment", test="exists"), False),
        (Condition(field="day", test="since", values=["2026-12-01"], zone="+0800"), True),
        (Condition(field="day", test="until", values=["2026-11-30"], zone="+0800"), False),
        (Condition(field="weekday", test="is", values=["2", "3"]), True),  # a Tuesday
        (Condition(field="weekday", test="is_not", values=["2"]), False),
        (Condition(field="time", test="since", values=["20:00"], zone="+0800"), True),
        (Condition(field="time", test="before", values=["20:00"], zone="+0800"), False),
        (Condition(field="size", test="over", size=1), False),
        (Condition(field="size", test="under", size=1), True),
    ],
)
def test_a_condition_means_what_it_says(condition: Condition, fits: bool):
    built = RuleSet(rules=[Rule(conditions=[condition], actions=[Action(kind="discard")])])
    assert (_run(built, _RAW, _NOON).actions == []) is fits


_PARTS = (
    b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nHere it is.\r\n--b\r\n"
    b"Content-Type: %b\r\nContent-Disposition: %b\r\n\r\nx\r\n--b--\r\n"
)
_OFFER = (b"application/pdf", b'attachment; filename="Offer 2026.pdf"')
_LOGO = (b'image/png; name="logo.png"', b"inline")


@pytest.mark.parametrize(
    ("part", "test", "values", "fits"),
    [
        (_OFFER, "exists", [], True),
        (_OFFER, "contains", [".PDF"], True),
        (_OFFER, "contains", ["invoice", "offer"], True),
        (_OFFER, "not_contains", [".exe"], True),
        (_LOGO, "exists", [], False),
        (_LOGO, "contains", ["logo"], True),
    ],
)
def test_attachments(part: tuple[bytes, bytes], test: Test, values: list[str], fits: bool):
    condition = Condition(field="attachment", test=test, values=values)
    built = RuleSet(rules=[Rule(conditions=[condition], actions=[Action(kind="discard")])])
    assert (_run(built, _PARTS % part, _NOON).actions == []) is fits


def test_words_and_notices():
    rule = Rule(
        actions=[
            Action(kind="notify", value="b@else.example", text="It came"),
            Action(kind="keyword", value="Client"),
        ]
    )
    kept, told = sorted(
        _run(RuleSet(rules=[rule]), _RAW, _NOON).actions, key=lambda each: type(each).__name__
    )
    assert isinstance(kept, sieve.Keep)
    assert kept.flags == ("Client",)
    assert isinstance(told, sieve.Notify)
    assert (told.to.to[0].address, told.message) == ("b@else.example", "It came")


def test_scripts_of_before_are_still_the_pages():
    """A word that newer parts are written with may stand in a text: nothing more is required."""
    words = "notify envelope :detail :mime address :list"
    rule = Rule(
        conditions=[Condition(field="subject", test="is", values=[words])],
        actions=[Action(kind="move", value="A")],
    )
    text = write(checked(RuleSet(rules=[rule])))
    assert text.splitlines()[1] == 'require ["fileinto", "mailbox"];'


def test_rules_go_on_until_one_stops():
    every = Rule(actions=[Action(kind="stop"), Action(kind="move", value="A"), Action(kind="flag")])
    off = Rule(on=False, actions=[Action(kind="move", value="B")])
    last = Rule(actions=[Action(kind="move", value="C")])
    outcome = _run(RuleSet(rules=[off, every, last]), _RAW, _NOON)
    assert outcome.actions == [sieve.FileInto(folder="A", create=True, flags=("\\Flagged",))]


@pytest.mark.parametrize(
    ("moment", "answers"),
    [
        ("2026-11-30T15:59:00+00:00", False),  # 23:59 of the day before, in Shanghai
        ("2026-11-30T16:00:00+00:00", True),
        ("2026-12-02T15:59:00+00:00", True),
        ("2026-12-02T16:00:00+00:00", False),
    ],
)
def test_an_answer_goes_out_on_its_days(moment: str, answers: bool):
    away = Away(
        chinese="出差中。",
        english="Away.",
        first=date(2026, 12, 1),
        last=date(2026, 12, 2),
        zone="+0800",
        days=3,
    )
    outcome = _run(RuleSet(away=away), _RAW, datetime.fromisoformat(moment))
    said = [each for each in outcome.actions if isinstance(each, sieve.Vacation)]
    assert bool(said) is answers
    if said:
        assert said[0].pause.days == 3
        assert said[0].reason.startswith("出差中。")
        assert said[0].reason.endswith("Away.")


def test_what_is_refused_or_dropped_is_not_answered():
    away = Away(english="Away.")
    for kind in ("reject", "discard"):
        rule = Rule(
            conditions=[Condition(field="subject", test="contains", values=["invoice"])],
            actions=[Action(kind=kind, value="No.")],
        )
        outcome = _run(RuleSet(away=away, rules=[rule]), _RAW, _NOON)
        assert outcome.error is None
        assert not any(isinstance(each, sieve.Vacation) for each in outcome.actions)


@pytest.mark.parametrize(
    "rule",
    [
        Rule(),
        Rule(actions=[Action(kind="move", value=" ")]),
        Rule(actions=[Action(kind="forward", value="nobody")]),
        Rule(actions=[Action(kind="reject", value="No."), Action(kind="move", value="A")]),
        Rule(actions=[Action(kind="reject", value="No."), Action(kind="discard")]),
        Rule(
            conditions=[Condition(field="size", test="contains", values=["1"])],
            actions=[Action(kind="stop")],
        ),
        Rule(
            conditions=[Condition(field="header", header="a b", test="exists")],
            actions=[Action(kind="stop")],
        ),
        Rule(actions=[Action(kind="keyword", value="two words")]),
        Rule(actions=[Action(kind="keyword", value="客户")]),
        Rule(actions=[Action(kind="notify", value="nobody", text="x")]),
        *(
            Rule(conditions=[condition], actions=[Action(kind="stop")])
            for condition in (
                Condition(field="me", test="exists"),
                Condition(field="day", test="since", values=["2026-02-30"]),
                Condition(field="day", test="since", values=["2026-02-01", "2026-02-02"]),
                Condition(field="day", test="since", values=["2026-02-01"], zone="CET"),
                Condition(field="weekday", test="is", values=["7"]),
                Condition(field="weekday", test="is"),
                Condition(field="time", test="before", values=["24:00"]),
            )
        ),
        Rule(
            conditions=[Condition(field="subject", test="is", values=[" "])],
            actions=[Action(kind="stop")],
        ),
    ],
)
def test_a_rule_that_cannot_be_is_refused(rule: Rule):
    with pytest.raises(Invalid):
        checked(RuleSet(rules=[rule]))


@pytest.mark.parametrize(
    "away",
    [
        Away(),
        Away(english="a", days=0),
        Away(english="a", zone="CET"),
        Away(english="a", first=date(2026, 2, 2), last=date(2026, 2, 1)),
        Away(english="a\n————————\nb"),
    ],
)
def test_an_answer_that_cannot_be_is_refused(away: Away):
    with pytest.raises(Invalid):
        checked(RuleSet(away=away))
