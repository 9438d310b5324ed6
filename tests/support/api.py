"""A client of the API for whole-system tests."""

import json
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_SLOWEST_ANSWER = 30.0


@dataclass(frozen=True, slots=True)
class Api:
    """Requests to /api/v1, JSON in and out. Each raises HTTPError for what is refused."""

    base: str
    key: str

    def get(self, path: str) -> Any:
        return self.ask("GET", path)

    def post(
        self,
        path: str,
        body: Any,
        *,
        kind: str = "application/json",
        headers: Mapping[str, str] | None = None,
    ) -> Any:
        return self.ask("POST", path, body, {"Content-Type": kind, **(headers or {})})

    def put(self, path: str, body: Any) -> Any:
        return self.ask("PUT", path, body, {"Content-Type": "application/json"})

    def patch(self, path: str, body: Any) -> Any:
        return self.ask("PATCH", path, body, {"Content-Type": "application/json"})

    def ask(
        self, method: str, path: str, body: Any = None, headers: Mapping[str, str] | None = None
    ) -> Any:
        data = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
        sent = {"Authorization": f"Bearer {self.key}"} if self.key else {}
        request = urllib.request.Request(
            self.base + path, data=data, headers={**sent, **(headers or {})}, method=method
        )
        try:
            with urllib.request.urlopen(request, timeout=_SLOWEST_ANSWER) as answer:
                said = answer.read()
        except urllib.error.HTTPError as error:
            error.add_note(error.read().decode(errors="replace"))
            raise
        return json.loads(said) if said else None
