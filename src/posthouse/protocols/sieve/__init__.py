"""Sieve, the language of mail rules (RFC 5228 and extensions): no input, no output, bounded work.

script = sieve.compile_script(text, find)    raises ScriptError: every mistake, with its place
outcome = script.run(sieve.Letter(raw), surroundings)    what is to be done; never raises
"""

from posthouse.protocols.sieve.commands.notify import METHODS
from posthouse.protocols.sieve.compile import compile_script
from posthouse.protocols.sieve.errors import Problem, ScriptError, ScriptFailed
from posthouse.protocols.sieve.extensions import EXTENSIONS
from posthouse.protocols.sieve.including import Find, Location
from posthouse.protocols.sieve.letter import Letter
from posthouse.protocols.sieve.lists import SCHEMES
from posthouse.protocols.sieve.model import (
    Action,
    FileInto,
    Keep,
    Notify,
    Outcome,
    Redirect,
    Reject,
    Remembered,
    Script,
    Surroundings,
    Vacation,
)

__all__ = [
    "EXTENSIONS",
    "METHODS",
    "SCHEMES",
    "Action",
    "FileInto",
    "Find",
    "Keep",
    "Letter",
    "Location",
    "Notify",
    "Outcome",
    "Problem",
    "Redirect",
    "Reject",
    "Remembered",
    "Script",
    "ScriptError",
    "ScriptFailed",
    "Surroundings",
    "Vacation",
    "compile_script",
]
