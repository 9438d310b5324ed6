"""Rules: members' Sieve scripts, and what they do with mail that comes in.

Owns mailbox_scripts, rule_memories and rule_letters. The language itself is `protocols/sieve`.
"""

from posthouse.mail.rules.book import RuleBook
from posthouse.mail.rules.deciding import decide
from posthouse.mail.rules.decision import Decision, Incoming, Place
from posthouse.mail.rules.effects import record
from posthouse.mail.rules.model import Script, ScriptInfo

__all__ = ["Decision", "Incoming", "Place", "RuleBook", "Script", "ScriptInfo", "decide", "record"]
