"""What a domain says about who uses it. Pure.

A company is named by its registrable domain (one label under a public suffix). Domains where
anybody can have an address name nobody.
"""

from functools import cache, lru_cache
from importlib import resources

from publicsuffixlist import PublicSuffixList

_SHORT_SUFFIX_LABELS = frozenset(("com", "net", "org"))


@lru_cache(maxsize=8192)
def registrable_domain(domain: str) -> str | None:
    """The registrable part of `domain` in lower case; None for a public suffix or no domain."""
    name = domain.strip().strip(".").lower()
    if not name or "." not in name or " " in name:
        return None
    found: str | None = _suffixes().privatesuffix(name)
    return found


@lru_cache(maxsize=8192)
def is_public(domain: str) -> bool:
    """Whether anybody can have an address there: freemail, access providers, disposable."""
    name = registrable_domain(domain)
    return (
        name is None or name in _list("freemail.txt") or _is_family(name) or is_disposable(domain)
    )


def is_disposable(domain: str) -> bool:
    """Whether addresses there live for minutes."""
    names = _list("disposable.txt")
    return domain.lower() in names or registrable_domain(domain) in names


def _is_family(name: str) -> bool:
    label, _, suffix = name.partition(".")
    # yahoo.co.jp and hotmail.fr, but not live.company or yahoo.games.
    return label in _list("families.txt") and all(
        len(part) == 2 or part in _SHORT_SUFFIX_LABELS for part in suffix.split(".")
    )


@cache
def _suffixes() -> PublicSuffixList:
    return PublicSuffixList(only_icann=False)


@cache
def _list(file: str) -> frozenset[str]:
    text = resources.files("posthouse.crm.links").joinpath(file).read_text("utf-8")
    lines = (line for line in text.splitlines() if not line.startswith("#"))
    return frozenset(name for line in lines for name in line.split())
