"""Rules as the page shows them, written as Sieve (RFC 5228) and read back from it.

text = write(rules)      always the same text for the same rules
rules = read(text)       None for a script that `write` would not have written: somebody's own
"""

from posthouse.mail.rules.builder.model import Action, Away, Condition, Rule, RuleSet
from posthouse.mail.rules.builder.normal import checked
from posthouse.mail.rules.builder.read import read
from posthouse.mail.rules.builder.write import write, write_tests

__all__ = [
    "Action",
    "Away",
    "Condition",
    "Rule",
    "RuleSet",
    "checked",
    "read",
    "write",
    "write_tests",
]
