"""Rules as a Sieve script: one `if` for each, so plain that `read` knows its own hand."""

from collections.abc import Iterable, Sequence, Set
from datetime import date
from urllib.parse import quote

from posthouse.mail.rules.builder.model import Action, Away, Condition, Field, Rule, RuleSet
from posthouse.mail.rules.builder.normal import DIVIDER
from posthouse.protocols.sieve import EXTENSIONS

HEAD = "# Written by the page of rules. Whatever is changed here is shown there as a script."
# What each word needs (RFC 5228 2.10.5).
_NEEDS = {
    "fileinto ": "fileinto",
    " :create ": "mailbox",
    " :copy ": "copy",
    "addflag ": "imap4flags",
    "body ": "body",
    "currentdate ": "date",
    " :value ": "relational",
    "reject ": "reject",
    "vacation ": "vacation",
}
# What the newer parts need, found by their kind: were words looked for, scripts that hold such a
# word in a text would be written in another way than before.
_FIELD_NEEDS: dict[Field, tuple[str, ...]] = {
    "known": ("extlists",),
    "detail": ("envelope", "subaddress"),
    "attachment": ("mime",),
}
BOOK = ":addrbook:default"
MINE = '["to", "cc", "bcc"]'
RELATIONS = {"since": "ge", "until": "le", "before": "lt"}
_HEADERS = {"from": '"from"', "to": '["to", "cc"]', "subject": '"subject"', "list": '"list-id"'}


def write(rules: RuleSet) -> str:
    """The script. The rules are `checked`."""
    commands: list[str] = []
    if rules.away is not None:
        commands.append(_write_away(rules.away, rules.rules))
    commands.extend(_if(_tests(rule), map(_write_action, rule.actions)) for rule in rules.rules)
    needed = _needed(rules.rules, actions=True)
    return f"{HEAD}\n{_require(commands, needed)}" + "".join(f"\n{each}" for each in commands)


def write_tests(rules: Sequence[Rule]) -> str:
    """A script that sets the flag `rN` where the Nth rule fits, and does nothing else."""
    commands = [_if(_joined(rule), [f'addflag "r{number}";']) for number, rule in enumerate(rules)]
    return _require(commands, _needed(rules, actions=False)) + "".join(commands)


def _needed(rules: Sequence[Rule], *, actions: bool) -> set[str]:
    found = {
        name
        for rule in rules
        for condition in rule.conditions
        for name in _FIELD_NEEDS.get(condition.field, ())
    }
    notifies = actions and any(each.kind == "notify" for rule in rules for each in rule.actions)
    return found | {"enotify"} if notifies else found


def _require(commands: Iterable[str], needed_too: Set[str]) -> str:
    text = "".join(commands)
    words = {name for word, name in _NEEDS.items() if _has_word(text, word)}
    needed = sorted(words | needed_too)
    assert EXTENSIONS.issuperset(needed)
    return f"require {_strings(needed, listed=True)};\n" if needed else ""


def _has_word(text: str, word: str) -> bool:
    """Also inside of somebody's text: an extension too many does no harm."""
    return word in text


def _if(test: str, actions: Iterable[str]) -> str:
    block = "".join(f"    {action}\n" for action in actions)
    return f"if {test} {{\n{block}}}\n"


def _tests(rule: Rule) -> str:
    joined = _joined(rule)
    return joined if rule.on else f"allof (false, {joined})"


def _joined(rule: Rule) -> str:
    """RFC 5228 5.2, 5.3."""
    name = "allof" if rule.match == "all" else "anyof"
    tests = [_write_condition(each) for each in rule.conditions] or ["true"]
    return f"{name} ({', '.join(tests)})"


def _write_condition(condition: Condition) -> str:
    negated = "not " if condition.test in ("not_contains", "is_not", "exists_not") else ""
    return negated + _positive(condition)


def _positive(condition: Condition) -> str:
    field, values = condition.field, _strings(condition.values)
    if field == "size":
        return f"size :{condition.test} {condition.size}K"
    if field == "body":
        return f"body :text :contains {values}"
    if field in ("day", "weekday", "time"):
        return _moment(condition)
    if field == "known":
        return f'address :list "from" "{BOOK}"'
    if field == "me":
        return f"address :is {MINE} {values}"
    if field == "detail":
        return _detail(condition)
    if field == "attachment":
        return _attachment(condition)
    header = _HEADERS.get(field) or _strings([condition.header])
    if condition.test in ("exists", "exists_not"):
        return f"exists {header}"
    if condition.test in ("contains", "not_contains"):
        return f"header :contains {header} {values}"
    if field in ("from", "to"):
        # Who it is, whatever name stands beside the address.
        return f"address :is {header} {values}"
    return f"header :is {header} {values}"


def _moment(condition: Condition) -> str:
    """RFC 5260 5: when the mail comes, on the clock of who wrote the rule."""
    clock = f'currentdate :zone "{condition.zone}"'
    if condition.field == "weekday":
        return f'{clock} :is "weekday" {_strings(condition.values)}'
    relation = RELATIONS[condition.test]
    if condition.field == "day":
        return f'{clock} :value "{relation}" "date" "{condition.values[0]}"'
    return f'{clock} :value "{relation}" "time" "{condition.values[0]}:00"'


def _detail(condition: Condition) -> str:
    """RFC 5233 4, of the envelope: a list that was told this address has its own in To."""
    if condition.test in ("exists", "exists_not"):
        return 'envelope :detail :matches "to" "*"'
    how = "is" if condition.test in ("is", "is_not") else "contains"
    return f'envelope :detail :{how} "to" {_strings(condition.values)}'


def _attachment(condition: Condition) -> str:
    """RFC 5703 4: in any part; pictures within a text are no attachments, but have names."""
    if condition.test in ("exists", "exists_not"):
        return 'header :mime :anychild :contains "Content-Disposition" "attachment"'
    names = ':param ["filename", "name"] :contains ["Content-Disposition", "Content-Type"]'
    return f"header :mime :anychild {names} {_strings(condition.values)}"


def _write_action(action: Action) -> str:
    value = _strings([action.value])
    match action.kind:
        case "flag":
            return r'addflag "\\Flagged";'
        case "read":
            return r'addflag "\\Seen";'
        case "keyword":
            return f"addflag {value};"
        case "notify":
            said = f" :message {_strings([action.text])}" if action.text else ""
            return f'notify{said} "mailto:{quote(action.value, safe="@")}";'
        case "copy":
            return f"fileinto :copy :create {value};"
        case "move":
            return f"fileinto :create {value};"
        case "forward":
            return f"redirect :copy {value};"
        case "redirect":
            return f"redirect {value};"
        case "reject":
            return f"reject {value};"
    return f"{action.kind};"


def _write_away(away: Away, rules: Sequence[Rule]) -> str:
    """Before the rules, so that none of them can stop it; mail that one of them refuses or drops
    is not answered (RFC 5429 2.1).
    """
    tests = ["true" if away.on else "false"]
    tests += _day("ge", away.first, away.zone) + _day("le", away.last, away.zone)
    tests += [f"not {_joined(rule)}" for rule in rules if rule.on and _refuses(rule)]
    said = f"vacation :days {away.days}"
    if away.subject:
        said += f" :subject {_strings([away.subject])}"
    if away.addresses:
        said += f" :addresses {_strings(away.addresses, listed=True)}"
    text = f"\n\n{DIVIDER}\n\n".join(filter(None, (away.chinese, away.english)))
    # Whoever was answered is not answered again for another wording (RFC 5230 4.2).
    said += f' :handle "{language_of(away)}"'
    return _if(f"allof ({', '.join(tests)})", [f"{said} {_strings([text])};"])


def language_of(away: Away) -> str:
    """What the answer is written in."""
    if away.chinese and away.english:
        return "zh+en"
    return "zh" if away.chinese else "en"


def _refuses(rule: Rule) -> bool:
    return any(action.kind in ("reject", "discard") for action in rule.actions)


def _day(relation: str, day: date | None, zone: str) -> list[str]:
    """RFC 5260 5."""
    if day is None:
        return []
    return [f'currentdate :zone "{zone}" :value "{relation}" "date" "{day.isoformat()}"']


def _strings(values: Sequence[str], *, listed: bool = False) -> str:
    quoted = [_quoted(each) for each in values]
    return quoted[0] if len(quoted) == 1 and not listed else f"[{', '.join(quoted)}]"


def _quoted(text: str) -> str:
    """RFC 5228 2.4.2."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
