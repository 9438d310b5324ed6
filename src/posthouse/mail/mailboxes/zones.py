"""The zone in which somebody said when a message came, beside the moment that is stored."""

from datetime import datetime, timedelta, timezone

_MINUTE = timedelta(minutes=1)


def zone_of(moment: datetime) -> int | None:
    """Minutes east of UTC; None for UTC itself."""
    offset = moment.utcoffset()
    return offset // _MINUTE if offset else None


def in_zone(moment: datetime, zone: int | None) -> datetime:
    """A moment in UTC as its zone calls it."""
    if zone is None:
        return moment
    return moment.astimezone(timezone(timedelta(minutes=zone)))
