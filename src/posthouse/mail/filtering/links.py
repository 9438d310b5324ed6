"""Where a mail wants to take its reader: hosts, and what is odd about them."""

import re
from collections.abc import Iterator
from itertools import islice

from posthouse.protocols.mailauth.dmarc import organisational_domain

# Quantifiers are bounded, and none of them runs into the next tag: linear in whatever comes.
_LINK = re.compile(r"(?:https?|ftp)://([^\s/?#\"'<>\\]{1,255}+)([/?#][^\s\"'<>]{0,300}+)?", re.I)
_ANCHOR = re.compile(
    r"<a\s[^<>]{0,500}?href\s{0,3}=\s{0,3}[\"']?https?://([^\s/\"'<>?#]{1,255})"
    r"[^<>]{0,1000}+>([^<]{1,200}+)",
    re.I,
)
_HOST_IN_TEXT = re.compile(
    r"(?:https?://)?(?:www\.)?((?:[a-z0-9-]{1,63}\.){1,5}[a-z]{2,12})\b", re.I
)
_NUMERIC = re.compile(r"(?:\d{1,3}\.){3}\d{1,3}|\d{6,10}|0x[0-9a-f.x]+", re.I)
_FILE = re.compile(r"\.(exe|scr|zip|rar|js|apk|iso|php|cgi|asp|htm|html)\b", re.I)
_WORD = re.compile(r"[^\W\d_]{2,20}")
_MOST_LINKS = 60
_MOST_WORDS = 6


def link_traits(text: str, markup: str, sender: str) -> tuple[list[str], list[str]]:
    """Names of traits: where links lead, and what is odd about them; `sender` is the author's
    domain.
    """
    hosts: dict[str, None] = {}
    ways: dict[str, None] = {}
    odd: list[str] = []
    for source in (text, markup):
        if "://" not in source:
            continue
        for match in islice(_LINK.finditer(source), _MOST_LINKS):
            odd += _oddities(match[1])
            hosts[_domain(_host_of(match[1]))] = None
            if match[2]:
                ways.update(dict.fromkeys(_WORD.findall(match[2].lower())[:_MOST_WORDS]))
                if file := _FILE.search(match[2]):
                    odd.append(f"link to {file[1].lower()}")
    for match in islice(_ANCHOR.finditer(markup), _MOST_LINKS):
        shown = _HOST_IN_TEXT.match(match[2].strip())
        if shown and _domain(shown[1]) != _domain(_host_of(match[1])):
            odd.append("disguised link")
    places = [f"host {host}" for host in hosts]
    places += {f"top {host.rpartition('.')[2]}" for host in hosts}
    places += [f"way {word}" for word in ways]
    if hosts:
        places.append(f"hosts {min(len(hosts), 8).bit_length()}")
        own = organisational_domain(sender) if sender.isascii() and sender else ""
        places.append("own host" if own in hosts else "foreign hosts")
    return places, odd


def _oddities(authority: str) -> Iterator[str]:
    user, _, _ = authority.rpartition("@")
    if user:
        yield "link with a name"
    if "%" in authority:
        yield "encoded host"
    port = authority.rpartition("@")[2].partition(":")[2]
    if port and port not in ("80", "443"):
        yield "link with port"
    host = _host_of(authority)
    if _NUMERIC.fullmatch(host):
        yield "numeric host"
    if "xn--" in host or not host.isascii():
        yield "foreign letters in host"


def _host_of(authority: str) -> str:
    return authority.rpartition("@")[2].partition(":")[0].lower()


def _domain(host: str) -> str:
    host = host.lower().strip(".")
    return organisational_domain(host) if host.isascii() and len(host) < 254 else host
