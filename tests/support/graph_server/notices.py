"""Change notifications: subscriptions, their validation, what is told and when it is asked anew."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote

import httpx

# A/subscription-post-subscriptions: outlook message, without resource data.
MOST_MINUTES = 10_080
_SECONDS = 3.0  # G/change-notifications-delivery-webhooks


@dataclass(kw_only=True)
class Subscription:
    """A/resources/subscription"""

    id: str
    url: str
    lifecycle: str
    resource: str
    client_state: str
    immutable: bool
    until: datetime
    client: httpx.AsyncClient
    renewed: int = 0

    def shown(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "resource": self.resource,
            "changeType": "created,updated,deleted",
            "notificationUrl": self.url,
            "lifecycleNotificationUrl": self.lifecycle,
            "expirationDateTime": self.until.strftime("%Y-%m-%dT%H:%M:%S.0000000Z"),
        }

    async def tell(self, message_id: str, *, client_state: str = "") -> int:
        """Something happened: the status that is answered."""
        resource = f"users/u@t/messages/{message_id}"
        return await self._post(
            self.url,
            {
                "subscriptionId": self.id,
                "clientState": client_state or self.client_state,
                "changeType": "created",
                "resource": resource,
                "tenantId": "84bd8158-6d4d-4958-8b9f-9d6445542f95",
                "resourceData": {"@odata.type": "#Microsoft.Graph.Message", "id": message_id},
            },
        )

    async def tell_of_itself(self, event: str) -> int:
        """G/change-notifications-lifecycle-events"""
        return await self._post(
            self.lifecycle,
            {
                "subscriptionId": self.id,
                "clientState": self.client_state,
                "lifecycleEvent": event,
                "tenantId": "84bd8158-6d4d-4958-8b9f-9d6445542f95",
            },
        )

    async def _post(self, url: str, notice: dict[str, Any]) -> int:
        answer = await self.client.post(
            url,
            content=json.dumps({"value": [notice]}),
            headers={"Content-Type": "application/json"},
            timeout=_SECONDS,
        )
        return answer.status_code


async def validate(client: httpx.AsyncClient, url: str) -> bool:
    """The endpoint says the token, as plain text, within ten seconds."""
    token = "Validation: Testing client application reachability for subscription <&>"
    answer = await client.post(f"{url}?validationToken={quote(token)}")
    plain = answer.headers.get("content-type", "").startswith("text/plain")
    return answer.status_code == 200 and plain and answer.text == token
