"""The variables of one script by name (RFC 5229 4), with those it shares with others (RFC 6609)."""

from collections.abc import Set

from posthouse.protocols.sieve.errors import shown
from posthouse.protocols.sieve.values import MAX_VARIABLES, BadReference, variable_name


class Variables:
    """What each is kept by; a key with a dot is that of a shared one."""

    def __init__(self, extensions: Set[str]) -> None:
        self._extensions = extensions
        self._set: set[str] = set()
        self._shared: set[str] = set()

    def key_of(self, name: str) -> str:
        """Raises BadReference."""
        namespace, dot, rest = name.partition(".")
        if dot and namespace.lower() == "global" and "include" in self._extensions:
            return _shared(variable_name(rest))  # RFC 6609 3.4.2
        if dot and namespace:
            raise BadReference(f"“{shown(name)}”: no extension here has such variables.")
        key = variable_name(name)
        return _shared(key) if key in self._shared else key

    def set(self, name: str) -> str:
        """The key of one that the script sets. Raises BadReference."""
        key = self.key_of(name)
        is_new = key not in self._set
        self._set.add(key)
        if is_new and len(self._set) == MAX_VARIABLES + 1:  # said once
            raise BadReference(f"A script has at most {MAX_VARIABLES} variables.")
        return key

    def share(self, name: str) -> None:
        """It is that of all scripts that say so (RFC 6609 3.4.1). Raises BadReference."""
        key = variable_name(name)
        if key in self._set:
            raise BadReference(f"“{shown(name)}” is a variable of this script already.")
        self._shared.add(key)


def _shared(key: str) -> str:
    return f"global.{key}"
