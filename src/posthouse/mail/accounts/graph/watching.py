"""Change notifications (G/change-notifications-delivery-webhooks): one subscription an account."""

from datetime import datetime, timedelta
from urllib.parse import quote

from posthouse.foundation import clock
from posthouse.mail.accounts.graph.service import NotThere, Service
from posthouse.mail.accounts.keyed.model import Door, Watch

# A/resources/subscription: 10,080 minutes at most for mail; it was 4,230 once.
_LASTS = timedelta(minutes=4_200)
_RENEWED_AFTER = timedelta(hours=24)


async def watch(service: Service, door: Door, state: bytes) -> Watch:
    """Renewed (which authorizes it anew, too) or, when the service has dropped it, made anew."""
    until = clock.now() + _LASTS
    identifier = state.decode()
    if not identifier or not await _renew(service, identifier, until):
        identifier = await _subscribe(service, door, until)
    return Watch(state=identifier.encode(), renew_at=clock.now() + _RENEWED_AFTER)


async def _renew(service: Service, identifier: str, until: datetime) -> bool:
    """A/subscription-update"""
    body = {"expirationDateTime": _written(until)}
    try:
        await service.ask("PATCH", f"/subscriptions/{quote(identifier, safe='')}", body=body)
    except NotThere:
        return False
    return True


async def _subscribe(service: Service, door: Door, until: datetime) -> str:
    """A/subscription-post-subscriptions"""
    made = await service.ask_json(
        "POST",
        "/subscriptions",
        body={
            "changeType": "created,updated,deleted",
            "notificationUrl": door.url,
            "lifecycleNotificationUrl": door.url,
            "resource": "/me/messages",
            "expirationDateTime": _written(until),
            "clientState": door.secret,
        },
    )
    return str(made.get("id", ""))


def _written(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%S.0000000Z")
