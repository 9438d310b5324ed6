"""Addresses nobody reads: told by their local part alone. Pure."""

import re

_ROBOT = re.compile(
    r"""^(?:
        (?:no|do[._-]?not|dont|never)[._-]?(?:reply|respond|answer|response)s?
      | mailer[._-]?daemon | postmaster | abuse | hostmaster
      | bounces? | autoreply | auto[._-]?(?:respond(?:er)?|confirm|mailer|notify|answer)
      | notifications? | notify | notice | alerts? | newsletters? | news[._-]?letter
      | mailman | listserv | majordomo | listmaster | unsubscribe
      | (?:system|service|account)[._-]?(?:notifications?|noreply|mail|message)
    )(?:[0-9]*|[+=._-].*)?$""",
    re.VERBOSE | re.IGNORECASE,
)
# A local part another address is written into (VERP, BATV, SRS): made for one delivery.
_ENCODED = re.compile(
    r"^(?:prvs|btv1|srs[01]|msprvs1|bounce[sd]?)[=+-]|=[a-z0-9-]+\.[a-z]{2,}$", re.I
)
_RANDOM = re.compile(r"^[0-9a-f]{20,}$|^.{50,}$", re.I)
_NOBODY_INSIDE = re.compile(r"(?:^|[._+-])(?:no-?reply|donotreply|bounces?)(?:$|[._+-])", re.I)


def is_robot(address: str) -> bool:
    """Whether the local part says that no person reads or writes there."""
    local = address.rpartition("@")[0]
    return bool(
        not local
        or _ROBOT.match(local)
        or _ENCODED.search(local)
        or _RANDOM.match(local)
        or _NOBODY_INSIDE.search(local)
    )
