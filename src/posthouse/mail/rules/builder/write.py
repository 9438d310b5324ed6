"""Rules as a Sieve script: one `if` for each, so plain that `read` knows its own hand."""

from collections.abc import Iterable, Sequence
from datetime import date

from posthouse.mail.rules.builder.model import Action, Away, Condition, Rule, RuleSet
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
_HEADERS = {"from": '"from"', "to": '["to", "cc"]', "subject": '"subject"', "list": '"list-id"'}


def write(rules: RuleSet) -> str:
    """The script. The rules are `checked`."""
    commands: list[str] = []
    if rules.away is not None:
        commands.append(_write_away(rules.away, rules.rules))
    commands.extend(_if(_tests(rule), map(_write_action, rule.actions)) for rule in rules.rules)
    return f"{HEAD}\n{_require(commands)}" + "".join(f"\n{each}" for each in commands)


def write_tests(rules: Sequence[Rule]) -> str:
    """A script that sets the flag `rN` where the Nth rule fits, and does nothing else."""
    commands = [_if(_joined(rule), [f'addflag "r{number}";']) for number, rule in enumerate(rules)]
    return _require(commands) + "".join(commands)


def _require(commands: Iterable[str]) -> str:
    text = "".join(commands)
    needed = sorted({name for word, name in _NEEDS.items() if _has_word(text, word)})
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
    header = _HEADERS.get(field) or _strings([condition.header])
    if condition.test in ("exists", "exists_not"):
        return f"exists {header}"
    if condition.test in ("contains", "not_contains"):
        return f"header :contains {header} {values}"
    if field in ("from", "to"):
        # Who it is, whatever name stands beside the address.
        return f"address :is {header} {values}"
    return f"header :is {header} {values}"


def _write_action(action: Action) -> str:
    value = _strings([action.value])
    match action.kind:
        case "flag":
            return r'addflag "\\Flagged";'
        case "read":
            return r'addflag "\\Seen";'
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
